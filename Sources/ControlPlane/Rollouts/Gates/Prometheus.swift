import Foundation
import HTTPClient
import Registry

/// Asks Prometheus: `POST /api/v1/query`, which has no limit to a query's length as a URL has.
struct Prometheus: Sendable {
    let address: PrometheusAddress
    private let client: HTTPClient

    /// The operator has said where it is, on the command line: no destination is refused, and connections are kept.
    init(_ address: PrometheusAddress) {
        self.address = address
        var configuration = ClientConfiguration()
        configuration.allowsPlainHTTP = true
        configuration.responseBytesMax = Limits.prometheusAnswerBytesMax
        client = HTTPClient(configuration)
    }

    /// What the query gives at `time`. Blocks its thread, for `timeout` at the most.
    func ask(_ query: String, at time: Timestamp, within timeout: Duration) -> PrometheusAnswer {
        let form = [
            ("query", query), ("time", Self.seconds(time)), ("timeout", "\(timeout.milliseconds)ms"),
        ].map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
        var fields = [(name: "Content-Type", value: "application/x-www-form-urlencoded")]
        if let file = address.tokenFile {
            guard let token = Self.token(in: file) else {
                return .none("The token for Prometheus can't be read from its file on this server.")
            }
            fields.append(("Authorization", "Bearer \(token)"))
        }
        let seconds = Double(timeout.milliseconds) / 1000
        let request = ClientRequest(
            "POST", "\(address.url)/api/v1/query", fields: fields, body: .bytes(Array(form.utf8)),
            timeLimits: TimeLimits(connectSeconds: min(seconds, 3), totalSeconds: seconds, idleSeconds: nil))
        do throws(ClientError) {
            return PrometheusAnswer(try client.send(request))
        } catch {
            return .none(error.message)
        }
    }

    /// Seconds since 1970, with three decimals.
    private static func seconds(_ time: Timestamp) -> String {
        let decimals = String(time.rawValue % 1000 + 1000).dropFirst()
        return "\(time.rawValue / 1000).\(decimals)"
    }

    private static func token(in file: String) -> String? {
        guard let content = FileManager.default.contents(atPath: file),
            let text = String(validating: content, as: UTF8.self)
        else { return nil }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return token.isEmpty ? nil : token
    }

    /// `application/x-www-form-urlencoded`, with everything encoded but what needs it nowhere.
    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
