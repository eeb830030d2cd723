import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Webhooks")
struct WebhookEndpointsTests {
    private static func settings() throws -> WebhookSettings {
        try WebhookSettings(
            secret: WebhookSecret(Array("the secret of this server, 32 bytes and more".utf8)))
    }

    private static let url: JSONValue = "https://pager.example.com/titan"

    @Test("a webhook is made, shown, replaced and deleted, and its secret is shown once")
    func life() async throws {
        try await TestAPI.with(webhooks: try Self.settings()) { api in
            let made = try await api.send(.put, "/v1/webhooks/pager", ["url": Self.url]).expect(201)
            let secret = try #require(try made["secret"]?.string)
            #expect(made.fields[.location] == "/v1/webhooks/pager")
            #expect(try made["events"] == ["*"] && made["paused"] == false && made["pending"] == 0)
            let read = try await api.send(.get, "/v1/webhooks/pager", as: .viewer).expect(200)
            #expect(read.etag == made.etag)
            // What was read can be sent back, and changes nothing.
            let again = try await api.send(.put, "/v1/webhooks/pager", try read.json).expect(200)
            #expect(again.etag == made.etag)
            let changed = try await api.send(
                .put, "/v1/webhooks/pager", ["url": Self.url, "events": ["rollout.*", "drain.failed"]],
                fields: [.ifMatch: made.etag]
            ).expect(200)
            #expect(try changed["secret"] == nil && changed["secretVersion"] == 1)
            try await api.send(
                .put, "/v1/webhooks/pager", ["url": Self.url], fields: [.ifMatch: made.etag]
            ).expect(412, "preconditionFailed")
            for path in ["/v1/webhooks", "/v1/webhooks/pager", "/v1/audit", "/v1/events"] {
                let shown = try await api.send(.get, path).expect(200).text
                #expect(!shown.contains(secret), "\(path)")
            }
            #expect(try !api.databaseHolds(secret))
            #expect(!api.log.lines.contains { $0.contains(secret) })
            try await api.send(.delete, "/v1/webhooks/pager").expect(200)
            try await api.send(.get, "/v1/webhooks/pager").expect(404, "notFound")
        }
    }

    @Test("deliveries are listed, a ping makes one, and one can be had again")
    func deliveries() async throws {
        try await TestAPI.with(webhooks: try Self.settings()) { api in
            try await api.send(.put, "/v1/webhooks/pager", ["url": Self.url]).expect(201)
            var ids: [String] = []
            for _ in 1...5 {
                let ping = try await api.send(.post, "/v1/webhooks/pager:ping", ["reason": "test"]).expect(
                    200)
                ids.append(try ping["id"]?.string ?? "")
                #expect(try ping["event"]?["reason"] == "test")
            }
            #expect(
                try await api.page("/v1/webhooks/pager/deliveries?limit=2", key: "id", as: .viewer)
                    == ids.reversed())
            let dead = try await api.send(.get, "/v1/webhooks/pager/deliveries?state=dead").expect(200)
            #expect(try dead["items"] == [])
            let path = "/v1/webhooks/pager/deliveries"
            let again = try await api.send(.post, "\(path)/\(ids[0]):redeliver").expect(200)
            #expect(try again["id"]?.string == ids[0] && again["state"] == "pending")
            try await api.send(.post, "\(path)/aaaaaaaaaaaa.1:redeliver").expect(404, "notFound")
            try await api.send(.post, "\(path)/nothing:redeliver").expect(404, "notFound")
            try await api.send(.get, "/v1/webhooks/nobodys/deliveries").expect(404, "notFound")
            try await api.send(.post, "/v1/webhooks/nobodys:ping").expect(404, "notFound")
            #expect(try await api.page("/v1/webhooks?limit=1", key: "name", as: .viewer) == ["pager"])
        }
    }

    @Test(
        "what no webhook can be is refused by name, and the secret is not repeated",
        arguments: [
            ("url", [:]), ("url", ["url": "ftp://pager"]), ("url", ["url": "https://u:p@pager/"]),
            ("events", ["url": url, "events": []]), ("events[0]", ["url": url, "events": ["drain.done"]]),
            ("events[1]", ["url": url, "events": ["*", "*"]]),
            ("secret", ["url": url, "secret": "hunter2hunter2"]),
            (
                "rotateSecret",
                [
                    "url": url, "secret": "hunter2-hunter2-hunter2-hunter2-hunter2", "rotateSecret": true,
                ]
            ),
            ("token", ["url": url, "token": "x"]),
        ] as [(String, JSONObject)])
    func refused(field: String, document: JSONObject) async throws {
        try await TestAPI.with(webhooks: try Self.settings()) { api in
            let answer = try await api.send(.put, "/v1/webhooks/pager", .object(document)).expect(
                400, "invalidArgument", field: field)
            #expect(try !answer.text.contains("hunter2"))
        }
    }

    @Test("where the server may not call, or has no secret, is refused with the setting")
    func settings() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(.put, "/v1/webhooks/pager", ["url": Self.url]).expect(
                409, "stateConflict")
            #expect(try answer.text.contains("--webhook-secret-file"))
        }
        try await TestAPI.with(webhooks: try Self.settings()) { api in
            for url in ["https://10.1.2.3/", "http://pager.example.com/", "https://169.254.169.254/"] {
                let answer = try await api.send(.put, "/v1/webhooks/pager", ["url": .string(url)]).expect(
                    409, "stateConflict")
                #expect(try answer.text.contains("--webhook-allow"))
            }
        }
    }
}
