import HTTP
import JSON
import Registry
import Testing

@Suite("Tokens")
struct TokenEndpointsTests {
    @Test("a token is good from its making to its revocation, and its secret is shown once")
    func life() async throws {
        try await TestAPI.withAcme { api in
            let made = try await api.send(
                .post, "/v1/tokens", ["name": "edge", "role": "viewer", "expiresIn": "1h"]
            )
            .expect(201)
            let secret = try #require(try made["token"]?.string)
            #expect(made.fields[.location] == "/v1/tokens/edge")
            #expect(try made["expiresAt"] == "2026-03-02T10:00:00.000Z")
            let fields: Fields = [.authorization: "Bearer \(secret)"]
            try await api.send(.get, "/v1/registry", as: nil, fields: fields).expect(200)
            for path in ["/v1/tokens", "/v1/audit", "/v1/events"] {
                let shown = try await api.send(.get, path).expect(200).text
                #expect(!shown.contains(secret), "\(path)")
            }
            try await api.send(.post, "/v1/tokens", ["name": "edge", "role": "viewer"]).expect(
                409, "alreadyExists")
            let gone = try await api.send(.delete, "/v1/tokens/edge").expect(200)
            #expect(try gone["id"] == "edge")
            try await api.send(.get, "/v1/registry", as: nil, fields: fields).expect(401, "unauthenticated")
            try await api.send(.delete, "/v1/tokens/edge").expect(404, "notFound")
        }
    }

    @Test("a cell's token names its cell, and no other role does")
    func cells() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/tokens", ["name": "c", "role": "cell"]).expect(
                400, "invalidArgument", field: "cell")
            try await api.send(.post, "/v1/tokens", ["name": "v", "role": "viewer", "cell": "cell-1"])
                .expect(400, "invalidArgument", field: "cell")
            let made = try await api.send(
                .post, "/v1/tokens", ["name": "c", "role": "cell", "cell": "cell-1"]
            ).expect(201)
            let fields: Fields = [.authorization: "Bearer \(try made["token"]?.string ?? "")"]
            try await api.send(.get, "/v1/cells/cell-1/tenants", as: nil, fields: fields).expect(200)
            try await api.send(.get, "/v1/cells/cell-1", as: nil, fields: fields).expect(403)
        }
    }

    @Test(
        "what no token can be is refused by name",
        arguments: [
            ("name", ["name": "a b", "role": "viewer"]), ("name", ["name": "system", "role": "viewer"]),
            ("name", ["name": "anonymous", "role": "viewer"]), ("name", ["role": "viewer"]),
            ("role", ["name": "a"]),
            ("role", ["name": "a", "role": "root"]),
            ("expiresIn", ["name": "a", "role": "viewer", "expiresIn": "59s"]),
            ("expiresIn", ["name": "a", "role": "viewer", "expiresIn": "87601h"]),
            ("expiresIn", ["name": "a", "role": "viewer", "expiresIn": "1 day"]),
            ("secret", ["name": "a", "role": "viewer", "secret": "x"]),
        ] as [(String, JSONObject)])
    func refused(field: String, document: JSONObject) async throws {
        try await TestAPI.with { api in
            try await api.send(.post, "/v1/tokens", .object(document)).expect(
                400, "invalidArgument", field: field)
        }
    }

    @Test(
        "the server takes an expiry where openapi.yaml does",
        arguments: [
            "60s", "59s", "99s", "99999999s", "1m", "999999m59s", "87600h", "87600h0m0s", "87601h",
            "87599h59m59s", "720h", "0h",
            "1h60m", "99999h", "80000h", "9999h", "1s",
        ])
    func expiries(_ text: String) async throws {
        try await TestAPI.with { api in
            let document: JSONObject = ["name": "a", "role": "viewer", "expiresIn": .string(text)]
            let schema: JSONValue = ["$ref": "#/components/schemas/TokenInput"]
            let isAllowed = api.contract.faults(of: .object(document), schema: schema).isEmpty
            let answer = try await api.send(.post, "/v1/tokens", .object(document))
            // `1h60m` is a duration too, only not one that the document offers.
            #expect(answer.status == (isAllowed || text == "1h60m" ? 201 : 400))
        }
    }

    @Test("a list goes through every token once")
    func list() async throws {
        try await TestAPI.with { api in
            let names = Role.allCases.map(\.rawValue).sorted()
            for limit in [1, 3, 7, 8] {
                let listed = try await api.page("/v1/tokens?limit=\(limit)", key: "name", as: .admin)
                #expect(listed == names)
            }
        }
    }
}
