import ControlPlane
import HTTP
import JSON
import Registry
import Testing

/// What openapi.yaml allows is taken, what it forbids is refused: the same values held against both.
@Suite("The schemas of requests")
struct SchemaTests {
    private static let texts: [String] = [
        "", " ", "a", "A", "-a", "a-", "a.b", "a_b", "a b", "a/b", "a\\b", ".", "..", "é", "日本", "a\u{1}",
        "a\n", "\u{2028}",
        "%", "a=b", "a=b,c=d", "=", "a=", "=a", "a=b,", "0", "1", "01", "-1", "+1", "1.0", "1e3", "999",
        "1000", "1001",
        "9223372036854775807", "9223372036854775808", "999999999999999999", "true", "false", "True", "null",
        "active",
        "serving", "drained", "cell", "tenant", "host", "0s", "30s", "1h30m", "500ms", "30", "-30s", "1d",
        "60s", "720h",
        "acme", "cell-1", "putCell", "put-cell", "us-east-1a", "a,b", "a,,b", "2026-03-02T09:00:00Z",
        "2026-03-02",
        "2026-03-02T09:00:00", "2026-02-30T09:00:00Z", "2026-03-02T09:00:00.5+01:00", "aaaaaaaaaaaa.1",
        "aaaaaaaaaaaa.01",
        "aaaaaaaaaaa1.1", "shop.acme.com", "a:1", "a:0", "a:65535", "a:65536", "a:99999", "[::1]:80", "a:+1",
        "a b:1",
        "gateway", "root", "healthy", String(repeating: "a", count: 63), String(repeating: "a", count: 64),
        String(repeating: "a", count: 128), String(repeating: "a", count: 129),
        String(repeating: "a", count: 253),
        String(repeating: "a", count: 256), String(repeating: "a", count: 257),
        String(repeating: "0f", count: 32),
        String(repeating: "a,", count: 15) + "a", String(repeating: "a,", count: 16) + "a",
    ]

    /// A parameter's text as the JSON value that its schema speaks of.
    private static func value(_ text: String) -> JSONValue {
        if let number = Int64(text), String(number) == text { return .integer(number) }
        return text == "true" || text == "false" ? .bool(text == "true") : .string(text)
    }

    @Test("a query parameter is refused where its schema forbids it, and only there")
    func query() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2")
            let move = try await api.begin("/v1/tenants/acme:move")
            let rollout = try await api.beginRollout()
            for operation in api.contract.operations where operation.method == .get {
                for parameter in operation.parameters where parameter["in"] == "query" {
                    let name = try #require(parameter["name"]?.string),
                        schema = try #require(parameter["schema"])
                    for text in Self.texts {
                        let fits = { (value: JSONValue) in
                            api.contract.faults(of: value, schema: schema).isEmpty
                        }
                        let isAllowed = fits(Self.value(text)) || fits(.string(text))
                        var target =
                            "\(Self.path(operation, move, rollout))?\(name)=\(PercentEncoding.encode(queryValue: text))"
                        if ["wait", "ack"].contains(name), operation.queryNames.contains("since") {
                            target += "&since=\(api.controlPlane.revision)"
                        }
                        if operation.id == "resolveRoute", name != "host" { target += "&host=shop.acme.com" }
                        let answer = try await api.send(.get, target)
                        #expect(
                            (answer.status != 400) == isAllowed,
                            "\(operation.id) \(name)=\(text): \(answer.shown)")
                    }
                }
            }
        }
    }

    /// - Parameters: an operation and a rollout that there are.
    private static func path(_ operation: Contract.Operation, _ move: String, _ rollout: String) -> String {
        operation.path.replacing("{cell}", with: "cell-1").replacing("{tenant}", with: "acme")
            .replacing("{gateway}", with: "edge-1").replacing("{revision}", with: "1").replacing(
                "{token}", with: "edge"
            ).replacing("{operation}", with: move).replacing("{migration}", with: move)
            .replacing("{release}", with: "v1.1.0").replacing("{rollout}", with: rollout)
            .replacing("{webhook}", with: "pager").replacing("{schedule}", with: "daily")
            .replacing("{backup}", with: "daily-1").replacing("{restore}", with: "daily-1-1")
    }

    @Test("a path parameter that its schema allows is never wrong, and one that it forbids is never served")
    func paths() async throws {
        try await TestAPI.withAcme { api in
            for operation in api.contract.operations where operation.method == .get {
                for parameter in operation.parameters where parameter["in"] == "path" {
                    let name = try #require(parameter["name"]?.string),
                        schema = try #require(parameter["schema"])
                    for text in Self.texts where !text.isEmpty {
                        let fits = { (value: JSONValue) in
                            api.contract.faults(of: value, schema: schema).isEmpty
                        }
                        let isAllowed = fits(Self.value(text)) || fits(.string(text))
                        let target = operation.path.replacing(
                            "{\(name)}", with: PercentEncoding.encode(pathSegment: text))
                        let answer = try await api.send(.get, target)
                        #expect(
                            isAllowed ? answer.status != 400 : answer.status >= 400,
                            "\(operation.id) \(name)=\(text): \(answer.shown)")
                    }
                }
            }
        }
    }

    @Test(
        "a member of a body is refused where its schema forbids it, and only there",
        arguments: [
            ("PUT", "/v1/cells/cell-9?dryRun=true", "CellInput", ["zone": "us-east-1a"]),
            ("PUT", "/v1/cells/cell-1?dryRun=true", "CellInput", ["zone": "us-east-1a", "capacity": 1000]),
            ("PATCH", "/v1/cells/cell-1?dryRun=true", "CellPatch", [:]),
            ("PUT", "/v1/tenants/new?dryRun=true", "TenantInput", [:]),
            ("PATCH", "/v1/tenants/acme?dryRun=true", "TenantPatch", [:]),
            ("POST", "/v1/tokens?dryRun=true", "TokenInput", ["name": "edge", "role": "viewer"]),
            ("POST", "/v1/placement:simulate", "SimulationInput", [:]),
            ("POST", "/v1/routes:resolve", "ResolveInput", [:]),
            ("PUT", "/v1/gateways/edge-1", "GatewayInput", [:]),
            ("POST", "/v1/cells/cell-1:cordon?dryRun=true", "ActionInput", [:]),
            ("POST", "/v1/migrations?dryRun=true", "MigrationInput", ["tenants": ["acme"]]),
            ("POST", "/v1/migrations?dryRun=true", "MigrationInput", ["from": "cell-1"]),
            ("POST", "/v1/tenants/acme:move?dryRun=true", "MoveInput", [:]),
            ("POST", "/v1/cells/cell-1:drain?dryRun=true", "DrainInput", [:]),
            (
                "POST", "/v1/zones/us-east-1a:evacuate?dryRun=true", "EvacuateInput", ["until": "restored"]
            ),
            ("POST", "/v1/zones/us-east-1a:restore?dryRun=true", "RestoreInput", [:]),
            ("POST", "/v1/migrations/op-none:reverse?dryRun=true", "ReverseInput", [:]),
            ("POST", "/v1/rebalance?dryRun=true", "RebalanceInput", [:]),
            ("PUT", "/v1/policies?dryRun=true", "PoliciesInput", [:]),
            (
                "PUT", "/v1/webhooks/pager?dryRun=true", "WebhookInput",
                ["url": "https://pager.example.com/titan"]
            ),
            ("PUT", "/v1/cells/cell-1/ownership", "CellOwnershipInput", [:]),
        ] as [(String, String, String, JSONObject)])
    func bodies(method: String, target: String, schema: String, base: JSONObject) async throws {
        try await TestAPI.withAcme { api in
            let found = try #require(api.contract.document["components"]?["schemas"]?[schema])
            let method = try #require(Method(rawValue: method))
            // Not every state is one to begin with, and what is there already may be in any of them.
            let isNew = target.contains("cell-9") || target.contains("new")
            for (name, member) in Self.members(of: found) where member["readOnly"] != true {
                for value in Self.values {
                    var document = base
                    document[name] = value
                    let faults = api.contract.faults(
                        of: .object(document), schema: ["$ref": "#/components/schemas/\(schema)"])
                    let answer = try await api.send(method, target, .object(document))
                    #expect(
                        faults.isEmpty
                            ? answer.status != 400 || isNew && name == "state" : answer.status >= 400,
                        "\(schema).\(name) = \(value.encodedString()): \(answer.shown) \(faults)")
                }
            }
        }
    }

    private static func members(of schema: JSONValue) -> JSONObject {
        schema["properties"]?.object ?? schema["oneOf"]?[1]?["properties"]?.object ?? [:]
    }

    private static let values: [JSONValue] = {
        let strings = texts.map { JSONValue.string($0) }
        let plain: [JSONValue] = [
            .null, true, 0, 1, -1, 1_000_000_000_000, 1_000_000_000_001, 1.5, [], [:], [1], ["a", "a"],
            ["a": 1],
            ["status": "healthy"], ["message": ""], ["zones": ["a"]], ["dedicated": 1], ["unknown": "a"],
        ]
        let lists = strings.map { JSONValue.array([$0]) }
        let maps =
            texts.map { JSONValue.object(["a": .string($0)]) } + texts.map { JSONValue.object([$0: "a:1"]) }
        let stores = texts.map { JSONValue.object(["a": .array([.string($0)])]) }
        let placements = texts.flatMap { text in
            ["zones", "avoidTenants", "avoidCells"].map { JSONValue.object([$0: .array([.string(text)])]) }
        }
        return strings + plain + lists + maps + stores + placements
    }()
}
