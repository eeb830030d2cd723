import API
import Foundation
import HTTP
import JSON
import Registry
import Testing

@Suite("Routes and openapi.yaml")
struct RoutesTests {
    private let contract: Contract

    init() throws { contract = try Contract.served.get() }

    @Test("each operation has the same method, path and id in the code and in openapi.yaml")
    func sameOperations() {
        let served = Routes.all.map { "\($0.method.rawValue) \($0.path) \($0.id)" }
        let documented = contract.operations.map { "\($0.method.rawValue) \($0.path) \($0.id)" }
        #expect(Set(served) == Set(documented))
        #expect(served.count == Set(served).count)
        #expect(documented.count == Set(documented).count)
    }

    @Test("each operation's role in openapi.yaml is the access that the code checks")
    func sameAccess() throws {
        for operation in Routes.all {
            let document = try #require(contract.operation(operation.id)?.document)
            let (role, scoped) = Self.documented(operation.access)
            #expect(document["x-role"] == .string(role), "\(operation.id)")
            #expect(document["x-cell-scope"] == (scoped ? true : nil), "\(operation.id)")
            #expect(document["x-lease"] == (operation.access == .leasing ? true : nil), "\(operation.id)")
            #expect(document["security"] == Self.security(operation.access), "\(operation.id)")
            for status in ["401", "403"] {
                #expect(
                    (document["responses"]?[status] != nil) == (operation.access != .open), "\(operation.id)")
            }
        }
    }

    /// No token at all, one or none (where the server lets anonymous gateways in), or, left out, always one.
    private static func security(_ access: Access) -> JSONValue? {
        if access == .open { return [] }
        return access.admits(.gateway) ? [["bearer": []], [:]] : nil
    }

    /// What openapi.yaml calls an access: its least role, and whether a cell may ask for itself.
    static func documented(_ access: Access) -> (role: String, cellScope: Bool) {
        switch access {
        case .open: ("none", false)
        case .routing, .leasing: ("gateway", false)
        case .ownership: ("gateway", true)
        case .sealing: ("operator", true)
        case .reading: ("viewer", false)
        case .changing: ("operator", false)
        case .releasing: ("releaser", false)
        case .backingUp: ("backup", false)
        case .administering: ("admin", false)
        }
    }

    @Test("each operation knows the query parameters that openapi.yaml gives it, and no others")
    func sameQuery() throws {
        for operation in Routes.all {
            let documented = try #require(contract.operation(operation.id)).queryNames
            #expect(operation.query == documented, "\(operation.id)")
        }
    }

    @Test("each path parameter of openapi.yaml stands in its path")
    func pathParameters() {
        for operation in contract.operations {
            let names = operation.parameters.filter { $0["in"] == "path" }.compactMap { $0["name"]?.string }
            let inPath = operation.path.matches(of: /\{([^}]+)\}/).map { String($0.output.1) }
            #expect(Set(names) == Set(inPath), "\(operation.id)")
        }
    }

    @Test("every code of a problem is in openapi.yaml, at its status, and no other is")
    func sameCodes() throws {
        let listed = contract.document["components"]?["schemas"]?["ErrorCode"]?["enum"]?.array?.compactMap(
            \.string)
        #expect(Set(try #require(listed)) == Set(ErrorCode.allCases.map(\.rawValue)))

        var documented: [String: Int64] = [:]
        for (name, response) in contract.document["components"]?["responses"]?.object ?? [:] {
            let parts = response["content"]?["application/problem+json"]?["schema"]?["allOf"]?.array ?? []
            let properties = try #require(parts.last?["properties"], "\(name)")
            let status = try #require(properties["status"]?["const"]?.integer)
            for code in properties["code"]?["enum"]?.array?.compactMap(\.string) ?? [] {
                documented[code] = status
            }
        }
        let made = Dictionary(
            uniqueKeysWithValues: ErrorCode.allCases.map { code in
                (code.rawValue, Int64(Problem.response(RegistryError(code, "")).status.rawValue))
            })
        #expect(documented == made)
    }

    @Test("each operation documents the answers that every request may meet, and those of its kind")
    func documentedStatuses() throws {
        let always = [400, 405, 406, 408, 411, 413, 414, 417, 429, 431, 500, 501, 503, 505].map(String.init)
        for operation in contract.operations {
            var expected = always
            let isChange = operation.queryNames.contains("dryRun")
            if isChange { expected += ["409", "412", "507"] }
            if isChange, operation.method == .post { expected.append("422") }
            if operation.document["requestBody"] != nil { expected.append("415") }
            if operation.parameters.contains(where: { $0["in"] == "path" }) { expected.append("404") }
            if operation.queryNames.contains("since") { expected.append("410") }
            let missing = expected.filter { operation.responses[$0] == nil }
            #expect(missing.isEmpty, "\(operation.id)")
        }
    }

    @Test("the examples of openapi.yaml are what its schemas say")
    func examples() throws {
        for operation in contract.operations {
            for (status, value) in operation.responses {
                let response = try contract.resolved(value)
                for (type, content) in response["content"]?.object ?? [:] where type.hasSuffix("json") {
                    try check(content, "\(operation.id) \(status)")
                }
            }
            for (type, content) in operation.document["requestBody"]?["content"]?.object ?? [:]
            where type.hasSuffix("json") && !type.hasSuffix("ndjson") {
                try check(content, "\(operation.id)'s body")
            }
        }
    }

    private func check(_ content: JSONValue, _ place: String) throws {
        guard let schema = content["schema"], !place.contains("ndjson") else { return }
        var examples = content["example"].map { [$0] } ?? []
        for (_, example) in content["examples"]?.object ?? [:] {
            if let value = try contract.resolved(example)["value"] { examples.append(value) }
        }
        for example in examples where example.string == nil {
            #expect(contract.faults(of: example, schema: schema) == [], "\(place)")
        }
    }

    @Test("the problems that openapi.yaml shows have the titles that the server gives")
    func exampleTitles() throws {
        for (name, response) in contract.document["components"]?["responses"]?.object ?? [:] {
            for (code, example) in response["content"]?["application/problem+json"]?["examples"]?.object
                ?? [:]
            {
                let code = try #require(ErrorCode(rawValue: code))
                let title = try JSONValue(parsing: Self.body(of: code))["title"]
                #expect(example["value"]?["title"] == title, "\(name)")
            }
        }
    }

    private static func body(of code: ErrorCode) -> [UInt8] {
        guard case .bytes(let bytes) = Problem.response(RegistryError(code, "")).body else { return [] }
        return bytes
    }

    @Test("the list of routes is as recorded")
    func golden() throws {
        let lines = Routes.all.map { operation in
            let query = operation.query.sorted().joined(separator: ",")
            let listeners = operation.listeners.map(\.rawValue).sorted().joined(separator: ",")
            return [
                operation.method.rawValue, operation.path, operation.id, operation.access.rawValue,
                "[\(listeners)]",
                "[\(query)]",
            ].joined(separator: " ")
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", "routes.txt")
    }
}
