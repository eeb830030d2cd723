import API
import Foundation
import HTTP
import JSON
import Yams

/// `openapi.yaml` as the server gives it away: what is documented, and what an answer does that is not.
struct Contract: Sendable {
    struct Operation: Sendable {
        var id: String
        var method: HTTP.Method
        var path: String
        var document: JSONObject
        /// Those of the path and of the operation, in `parameters` and in `x-state-parameters`.
        var parameters: [JSONValue]

        var queryNames: Set<String> {
            Set(parameters.filter { $0["in"]?.string == "query" }.compactMap { $0["name"]?.string })
        }
        var responses: JSONObject { document["responses"]?.object ?? [:] }
    }

    let document: JSONValue
    let operations: [Operation]
    private let checker: SchemaChecker
    private let routes: [API.Operation.Listener: RouteTable<Operation>]

    /// What the server would serve.
    static let served = Result { try Contract(yaml: try String(contentsOf: file, encoding: .utf8)) }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let file = root.appending(path: "openapi.yaml")

    init(yaml: String) throws {
        guard let node = try Yams.compose(yaml: yaml) else { throw Unexpected("openapi.yaml is empty") }
        document = try JSONValue(yaml: node)
        checker = SchemaChecker(document)
        var operations: [Operation] = []
        for (path, item) in document["paths"]?.object ?? [:] {
            let shared = item["parameters"]?.array ?? []
            for (name, value) in item.object ?? [:] where name != "parameters" {
                guard let method = HTTP.Method(rawValue: name.uppercased()), let object = value.object,
                    let id = object["operationId"]?.string
                else { throw Unexpected("\(path) has '\(name)', which is no operation") }
                let own = (object["parameters"]?.array ?? []) + (object["x-state-parameters"]?.array ?? [])
                let parameters = try (shared + own).map(checker.resolved)
                operations.append(
                    Operation(id: id, method: method, path: path, document: object, parameters: parameters))
            }
        }
        self.operations = operations
        let served = Dictionary(grouping: Routes.all) { $0.listeners }.flatMap { listeners, operations in
            listeners.flatMap { listener in operations.map { (listener, $0.id) } }
        }
        routes = Dictionary(grouping: served) { $0.0 }.mapValues { entries in
            let ids = Set(entries.map(\.1))
            return RouteTable(operations.filter { ids.contains($0.id) }.map { ($0.method, $0.path, $0) })
        }
    }

    func operation(_ id: String) -> Operation? { operations.first { $0.id == id } }

    func resolved(_ value: JSONValue) throws -> JSONValue { try checker.resolved(value) }

    func faults(of value: JSONValue, schema: JSONValue) -> [String] {
        checker.faults(of: value, schema: schema)
    }

    /// Everything in the answer that the document does not say; empty for a good one.
    func faults(of answer: Answer, to request: Request, on listener: API.Operation.Listener) -> [String] {
        var faults: [String] = []
        let names = answer.fields.all.count { $0.name == .xRequestID }
        if names > 1 || names == 0 && !(answer.status < 400 && isFromMemory(request, on: listener)) {
            faults.append("it has not one X-Request-Id")
        }
        if answer.fields[.xRequestID] == "" { faults.append("its X-Request-Id is empty") }
        if answer.status >= 400, answer.fields[.contentType] == "application/problem+json",
            (try? answer["requestId"]) != .string(answer.fields[.xRequestID] ?? "")
        {
            faults.append("the problem and the header give the request different names")
        }
        guard let routes = routes[listener],
            case .found(let operation, _) = routes.match(request.method, path: request.path)
        else {
            let problem: JSONValue = ["$ref": "#/components/schemas/Problem"]
            return faults
                + ((try? answer.json).map { checker.faults(of: $0, schema: problem) } ?? ["no problem"])
        }
        guard let found = operation.responses["\(answer.status)"], let response = try? checker.resolved(found)
        else {
            return faults + ["\(operation.id) documents no \(answer.status)"]
        }
        return faults + headerFaults(of: answer, response) + bodyFaults(of: answer, response)
    }

    /// What openapi.yaml says of `X-Request-Id`: these leave it out where the request brought none.
    private func isFromMemory(_ request: Request, on listener: API.Operation.Listener) -> Bool {
        guard case .found(let operation, _)? = routes[listener]?.match(request.method, path: request.path)
        else { return false }
        return [
            "getHealthLive", "getHealthReady", "getOpenAPI", "getRoutingTable", "getRoute", "resolveRoute",
            "listCellTenants", "waitOperation", "waitForOperation", "listEvents",
        ].contains(operation.id)
    }

    private static let documentedHeaders: [FieldName] = [
        .allow, .cacheControl, .etag, .location, .retryAfter, .wwwAuthenticate, .xRequestID,
    ]

    private func headerFaults(of answer: Answer, _ response: JSONValue) -> [String] {
        let headers = response["headers"]?.object ?? [:]
        let documented = Set(headers.keys.map { FieldName($0) })
        var faults = Self.documentedHeaders.filter { answer.fields[$0] != nil && !documented.contains($0) }
            .map { "the header \($0) is not documented for \(answer.status)" }
        for (name, value) in headers {
            guard let header = try? checker.resolved(value), let schema = header["schema"] else {
                faults.append("the header \(name) has no schema")
                continue
            }
            guard let text = answer.fields[FieldName(name)] else {
                if header["required"] == true { faults.append("the header \(name) is missing") }
                continue
            }
            let isNumber = schema["type"]?.string == "integer"
            let sent = isNumber ? Int64(text).map { JSONValue.integer($0) } ?? .null : .string(text)
            faults += checker.faults(of: sent, schema: schema).map { "the header \(name): \($0)" }
        }
        return faults
    }

    private func bodyFaults(of answer: Answer, _ response: JSONValue) -> [String] {
        let contents = response["content"]?.object ?? [:]
        guard let type = answer.fields[.contentType].flatMap(MediaType.init(parsing:))?.essence else {
            return contents.isEmpty ? [] : ["it has no Content-Type"]
        }
        guard let schema = contents[type]?["schema"] else {
            return ["\(type) is not documented for \(answer.status)"]
        }
        if type.hasSuffix("json"), type != "application/x-ndjson" {
            guard let body = try? answer.json else { return ["the body is no JSON"] }
            return checker.faults(of: body, schema: schema)
        }
        guard let lineSchema = schema["x-line-schema"] else { return [] }
        guard let lines = try? answer.lines else { return ["a line is no JSON"] }
        return lines.flatMap { checker.faults(of: $0, schema: lineSchema, isOpen: true) }
    }
}

extension JSONValue {
    /// What YAML 1.2's core schema makes of a document.
    init(yaml node: Node) throws {
        switch node {
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.string else { throw Unexpected("a key is no scalar") }
                object[name] = try JSONValue(yaml: value)
            }
            self = .object(object)
        case .sequence(let sequence): self = .array(try sequence.map(JSONValue.init(yaml:)))
        case .scalar(let scalar): self = Self.scalar(scalar)
        case .alias: throw Unexpected("an alias")
        }
    }

    private static func scalar(_ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        switch scalar.string {
        case "", "~", "null": return .null
        case "true": return true
        case "false": return false
        case let text:
            if let number = Int64(text) { return .integer(number) }
            if text.first?.isNumber == true, let number = Double(text) { return .number(number) }
            return .string(text)
        }
    }
}
