import HTTPClient
import JSON
import Registry

/// A copier's answer, read as docs/movers.md has it. Texts are as they came: not yet fit to be shown.
enum CopierAnswer: Equatable {
    case done(message: String)
    case running(progress: Double?, message: String, pause: Duration?)
    case failed(message: String)
    /// It says nothing, and the next may: the reason, and the pause that it asks for.
    case none(String, pause: Duration?)

    init(_ response: ClientResponse) {
        let pause = Self.seconds(response[field: "Retry-After"])
        switch response.status {
        case 200: self = Self.read(response.body, pause)
        case 202 where response.body.isEmpty: self = .running(progress: nil, message: "", pause: pause)
        case 202: self = Self.read(response.body, pause)
        case 300...399:
            self = .none(
                "The copier answered \(response.status), which sends the call elsewhere; redirects are not followed: name the final URL.",
                pause: pause)
        case 408, 425, 429, 500...599:
            self = .none("The copier answered \(response.status).\(Self.reason(response.body))", pause: pause)
        case 400...499:
            self = .failed(message: "The copier answered \(response.status).\(Self.reason(response.body))")
        default:
            self = .none(
                "The copier answered \(response.status); 200 with a state, or 202, was expected.",
                pause: pause)
        }
    }

    /// Members that are not known are left alone, so that a copier may say more than is read.
    private static func read(_ body: [UInt8], _ pause: Duration?) -> CopierAnswer {
        let object: JSONObject
        do throws(JSONError) {
            guard case .object(let members) = try JSONValue(parsing: body) else {
                return .none("The copier's answer is no JSON object.", pause: pause)
            }
            object = members
        } catch {
            return .none("The copier's answer is no JSON: \(error)", pause: pause)
        }
        var flaw: String?
        func member<T>(_ name: String, _ rule: String, _ convert: (JSONValue) -> T?) -> T? {
            guard let value = object[name], !value.isNull else { return nil }
            let converted = convert(value)
            if converted == nil { flaw = flaw ?? "The copier's answer is not understood: '\(name)' \(rule)." }
            return converted
        }
        let message = member("message", "must be a string", \.string) ?? ""
        let progress = member("progress", "must be a number from 0 to 1") { value in
            value.number.flatMap { (0...1).contains($0) ? $0 : nil }
        }
        let asked = member("retryAfter", "must be a duration like 5s or 250ms") { value in
            value.string.flatMap { Duration(go: $0) }
        }
        if let flaw { return .none(flaw, pause: pause) }
        switch object["state"]?.string {
        case "done": return .done(message: message)
        case "running": return .running(progress: progress, message: message, pause: asked ?? pause)
        case "failed":
            return .failed(message: message.isEmpty ? "The copier says that it can't, and not why." : message)
        default:
            return .none(
                "The copier's answer is not understood: 'state' must be done, running or failed.",
                pause: pause)
        }
    }

    /// What a refusal says of itself: our `message`, or the `detail` of RFC 9457.
    static func reason(_ body: [UInt8]) -> String {
        guard let value = try? JSONValue(parsing: body),
            let text = value["message"]?.string ?? value["detail"]?.string, !text.isEmpty
        else { return "" }
        return " \(text)"
    }

    /// `Retry-After` in seconds. Its form with a date is passed over: it would trust the copier's clock.
    static func seconds(_ text: String?) -> Duration? {
        guard let text, (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let seconds = Int(text)
        else { return nil }
        return .seconds(seconds)
    }
}
