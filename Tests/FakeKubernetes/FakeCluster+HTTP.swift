import Foundation
import HTTPTestServer
import JSON

extension FakeCluster {
    func reply(to request: TestServer.Received) -> TestServer.Reply {
        let (call, fault) = locked { admit(request) }
        switch fault {
        case .drop: return .close([])
        case .page:
            return .close(
                HTTPTestServer.answer("200 OK", fields: "Content-Type: text/html\r\n", "<html>gateway</html>")
            )
        case .status(let code, let retryAfter): return .keep(Self.refusal(code, "injected", retryAfter))
        case .dropAfter:
            _ = locked { answer(to: call, request.body) }
            return .close([])
        case nil: break
        }
        if let refusal = locked({ unauthorized(call, request) }) { return .keep(refusal) }
        if call.method == "PATCH", let work = locked({ beforePatch }) { work() }
        return .keep(locked { answer(to: call, request.body) })
    }

    private func admit(_ request: TestServer.Received) -> (Call, Fault?) {
        let target = request.line.split(separator: " ")
        let parts = target[1].split(separator: "?", maxSplits: 1)
        var query: [String: String] = [:]
        for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(sides[0])] = String(sides.count > 1 ? sides[1] : "").removingPercentEncoding
        }
        let call = Call(
            method: String(target[0]), path: String(parts[0]), query: query,
            contentType: request.field("content-type"))
        calls.append(call)
        if isDown { return (call, .drop) }
        guard let index = faults.firstIndex(where: { $0.matches(call) }) else { return (call, nil) }
        return (call, faults.remove(at: index).fault)
    }

    private func unauthorized(_ call: Call, _ request: TestServer.Received) -> [UInt8]? {
        if call.path == "/version" { return nil }
        if let tokens {
            guard let header = request.field("authorization") else {
                return Self.refusal(403, "User \"system:anonymous\" cannot \(call.method.lowercased()) here")
            }
            guard header.hasPrefix("Bearer "), tokens.contains(String(header.dropFirst(7))) else {
                return Self.refusal(401, "Unauthorized")
            }
        }
        guard let role else { return nil }
        // /api/v1/namespaces/NS/pods/NAME or /apis/GROUP/v1/namespaces/NS/KIND/NAME
        var parts = call.path.split(separator: "/").map(String.init)
        let group = parts.removeFirst() == "apis" ? parts.removeFirst() : ""
        let isOne = parts.count > 4
        let verb =
            switch call.method {
            case "GET": isOne ? "get" : "list"
            default: call.method.lowercased()
            }
        if role(verb, group, parts[3], parts[2]) { return nil }
        return Self.refusal(
            403, "\(parts[3]) is forbidden: the account cannot \(verb) resource \"\(parts[3])\"")
    }

    private func answer(to call: Call, _ body: [UInt8]) -> [UInt8] {
        if call.path == "/version" { return Self.found(["gitVersion": "v1.36.0"]) }
        if call.path.hasSuffix("/statefulsets") || call.path.hasSuffix("/pods") {
            return call.method == "GET" ? list(call) : Self.refusal(405, "not here")
        }
        if call.method == "GET", call.path.contains("/statefulsets/") {
            for _ in 0..<ticksOnRead { step() }
        }
        guard let object = objects[call.path] else {
            let name = call.path.split(separator: "/").last ?? ""
            return Self.refusal(404, "\"\(name)\" not found")
        }
        switch call.method {
        case "GET": return Self.found(object)
        case "PATCH": return patch(call, object, body)
        case "DELETE": return delete(call, object, body)
        default: return Self.refusal(405, "not here")
        }
    }

    private func patch(_ call: Call, _ object: JSONValue, _ body: [UInt8]) -> [UInt8] {
        guard call.contentType == "application/strategic-merge-patch+json" else {
            return Self.refusal(415, "the body of the request was in an unknown format")
        }
        guard let patch = try? JSONValue(parsing: body) else { return Self.refusal(400, "no JSON") }
        if let conflict = conflict(object, patch["metadata"]) { return conflict }
        let new = strategicallyMerged(object, patch)
        let containers = new["spec"]?["template"]?["spec"]?["containers"]?.array ?? []
        guard containers.allSatisfy({ $0["image"]?.string?.isEmpty == false }) else {
            return Self.refusal(422, "StatefulSet.apps is invalid: image: Required value")
        }
        update(call.path, new, by: call.query["fieldManager"] ?? "unknown", patch)
        return Self.found(objects[call.path] ?? .null)
    }

    private func delete(_ call: Call, _ object: JSONValue, _ body: [UInt8]) -> [UInt8] {
        let options = try? JSONValue(parsing: body)
        if let conflict = conflict(object, options?["preconditions"]) { return conflict }
        mark(call.path)
        return Self.found(objects[call.path] ?? .null)
    }

    private func conflict(_ object: JSONValue, _ wanted: JSONValue?) -> [UInt8]? {
        for key in ["uid", "resourceVersion"] {
            if let value = wanted?[key], value != object["metadata"]?[key] {
                return Self.refusal(409, "Operation cannot be fulfilled: the object has been modified")
            }
        }
        return nil
    }

    private func list(_ call: Call) -> [UInt8] {
        var left: [JSONValue]
        var at = version
        if let token = call.query["continue"] {
            guard let snapshot = snapshots.removeValue(forKey: token) else {
                return Self.refusal(410, "The provided continue parameter is too old")
            }
            (left, at) = snapshot
        } else {
            left = objects.keys.filter { collection(of: $0) == call.path }.sorted()
                .compactMap { objects[$0] }.filter { Self.matches($0, call.query["labelSelector"]) }
        }
        let limit = call.query["limit"].flatMap(Int.init) ?? left.count
        var metadata: JSONObject = ["resourceVersion": .string("\(at)")]
        if left.count > limit {
            let token = uid()
            snapshots[token] = (Array(left.dropFirst(limit)), at)
            metadata["continue"] = .string(token)
            if call.query["labelSelector"] == nil {
                metadata["remainingItemCount"] = .integer(Int64(left.count - limit))
            }
        }
        return Self.found(
            ["kind": "List", "metadata": .object(metadata), "items": .array(Array(left.prefix(limit)))])
    }

    private static func matches(_ object: JSONValue, _ selector: String?) -> Bool {
        (selector ?? "").split(separator: ",").allSatisfy { term in
            let sides = term.split(separator: "=", maxSplits: 1)
            return sides.count == 2
                && object["metadata"]?["labels"]?[String(sides[0])]?.string == String(sides[1])
        }
    }

    static func found(_ object: JSONValue) -> [UInt8] {
        HTTPTestServer.answer("200 OK", fields: "Content-Type: application/json\r\n", object.encoded())
    }

    static func refusal(_ code: Int, _ message: String, _ retryAfter: Int? = nil) -> [UInt8] {
        let status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": .string(message),
            "code": .integer(Int64(code)),
        ]
        let later = retryAfter.map { "Retry-After: \($0)\r\n" } ?? ""
        return HTTPTestServer.answer(
            "\(code) Refused", fields: "Content-Type: application/json\r\n\(later)", status.encoded())
    }
}
