import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("What all writes share")
struct EndpointsTests {
    // MARK: Bodies

    @Test("a change is logged; what changes nothing, or is answered again, is not")
    func logged() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1")
            let cell = try await api.send(.get, "/v1/cells/cell-1").json
            #expect(api.log.lines == ["registry changed: putCell"])
            try await api.send(.put, "/v1/cells/cell-1", ["zone": "us-east-1a"]).expect(200)
            try await api.send(.put, "/v1/cells/cell-1", ["zone": "us-east-1a"]).expect(200)
            try await api.send(.put, "/v1/cells/cell-1?dryRun=true", ["zone": "us-east-1a", "capacity": 1])
                .expect(200)
            #expect(cell["id"] == "cell-1" && api.log.lines.count == 2)
            let key: Fields = [.idempotencyKey: "k"]
            for _ in 1...2 {
                try await api.send(.post, "/v1/cells/cell-1:cordon", fields: key).expect(200)
            }
            try await api.send(.post, "/v1/cells/cell-1:cordon").expect(200)
            #expect(api.log.lines.dropFirst(2) == ["registry changed: cordonCell"])
        }
    }

    @Test("a body that is not JSON is refused with the place")
    func badJSON() async throws {
        try await TestAPI.with { api in
            for (body, line, column) in [
                ("{\"zone\": }", 1, 10), ("{\n  \"zone\": \"a\",\n  \"zone\": \"b\"}", 3, 3), ("", 1, 1),
                ("{\"zone\":\"a\"} {}", 1, 14),
            ] {
                let answer = try await api.send(
                    .put, "/v1/cells/cell-1", bytes: Array(body.utf8), type: "application/json"
                ).expect(400, "malformedJSON")
                let message = try answer["errors"]?[0]?["message"]?.string ?? ""
                #expect(message.hasPrefix("line \(line), column \(column)"), "\(message)")
            }
            try await api.send(.put, "/v1/cells/cell-1", bytes: [0x7B, 0xFF, 0x7D], type: nil).expect(
                400, "malformedJSON")
        }
    }

    @Test("a body that is JSON and no object is refused")
    func noObject() async throws {
        try await TestAPI.with { api in
            for body in ["[]", "1", "null", "\"cell\""] {
                for (method, path) in [
                    (Method.put, "/v1/cells/cell-1"), (.put, "/v1/tenants/a"), (.post, "/v1/tokens"),
                    (.post, "/v1/placement:simulate"), (.post, "/v1/routes:resolve"),
                    (.put, "/v1/gateways/g"),
                ] {
                    try await api.send(method, path, bytes: Array(body.utf8), type: "application/json")
                        .expect(400, "invalidArgument")
                }
            }
        }
    }

    @Test("every field that is wrong or not known is named, at whatever depth")
    func wrongFields() async throws {
        try await TestAPI.with { api in
            let answer = try await api.send(
                .put, "/v1/cells/cell-1",
                [
                    "capcity": 1, "capacity": -1, "endpoints": ["order-service": "nowhere"],
                    "health": ["status": "fine", "colour": "green"],
                ]
            ).expect(400, "invalidArgument")
            let fields = Set(try answer["errors"]?.array?.compactMap { $0["field"]?.string } ?? [])
            #expect(
                fields == [
                    "zone", "capcity", "capacity", "endpoints.order-service", "health.status",
                    "health.colour",
                ])
            try await api.send(.put, "/v1/tenants/a", ["placement": ["zones": ["a", ""]]])
                .expect(400, "invalidArgument", field: "placement.zones[1]")
        }
    }

    @Test("a body of another media type is 415; parameters and none at all are fine")
    func mediaTypes() async throws {
        try await TestAPI.with { api in
            let body = Array(#"{"zone":"us-east-1a"}"#.utf8)
            for type in [
                "text/plain", "application/xml", "application/x-ndjson", "nonsense",
                "application/merge-patch+json",
            ] {
                try await api.send(.put, "/v1/cells/cell-1", bytes: body, type: type).expect(
                    415, "unsupportedMediaType")
            }
            try await api.send(.put, "/v1/cells/cell-1", bytes: body, type: "Application/JSON; charset=utf-8")
                .expect(201)
            try await api.send(.put, "/v1/cells/cell-2", bytes: body, type: nil).expect(201)
            try await api.send(.patch, "/v1/cells/cell-2", bytes: body, type: "application/merge-patch+json")
                .expect(200)
            try await api.send(.post, "/v1/cells/cell-2:cordon", bytes: Array("why".utf8), type: "text/plain")
                .expect(415, "unsupportedMediaType")
        }
    }

    // MARK: Conditions

    @Test("If-Match and If-None-Match hold for every write of a resource")
    func conditions() async throws {
        try await TestAPI.withAcme { api in
            let cell: JSONValue = ["zone": "us-east-1a", "capacity": 1000]
            for (path, body) in [("/v1/cells/cell-1", cell), ("/v1/tenants/acme", ["load": 2])] {
                let tag = try await api.send(.get, path).expect(200).etag
                let other = "\"\(api.controlPlane.incarnation).1\""
                try await api.send(.patch, path, ["labels": ["a": "1"]], fields: [.ifMatch: other])
                    .expect(412, "preconditionFailed")
                try await api.send(.put, path, body, fields: [.ifMatch: "\"aaaaaaaaaaaa.7\""]).expect(412)
                try await api.send(.put, path, body, fields: [.ifMatch: "W/\(tag)"]).expect(412)
                try await api.send(.put, path, body, fields: [.ifMatch: tag.replacing("\"", with: "")])
                    .expect(400, "invalidArgument", field: "If-Match")
                try await api.send(.put, path, body, fields: [.ifNoneMatch: "*"]).expect(
                    412, "preconditionFailed")
                try await api.send(.put, path, body, fields: [.ifNoneMatch: tag])
                    .expect(400, "invalidArgument", field: "If-None-Match")
                try await api.send(.put, path, body, fields: [.ifNoneMatch: "*", .ifMatch: "*"])
                    .expect(400, "invalidArgument", field: "If-None-Match")
                let changed = try await api.send(
                    .patch, path, ["labels": ["a": "1"]], fields: [.ifMatch: "\(other), \(tag)"]
                ).expect(200)
                #expect(changed.etag != tag)
                #expect(changed.etag == (try await api.send(.get, path)).etag)
                #expect(
                    try changed["revision"]?.integer ?? 0 > (try changed["previousRevision"]?.integer ?? .max)
                )
                try await api.send(.patch, path, [:], fields: [.ifMatch: tag]).expect(412)
                try await api.send(.patch, path, [:], fields: [.ifMatch: "*"]).expect(200)
            }
            try await api.send(.put, "/v1/cells/new", cell, fields: [.ifMatch: "*"]).expect(
                412, "preconditionFailed")
            try await api.send(.put, "/v1/cells/new", cell, fields: [.ifNoneMatch: "*"]).expect(201)
            try await api.send(.post, "/v1/cells/new:cordon", fields: [.ifMatch: "\"aaaaaaaaaaaa.7\""])
                .expect(412)
            try await api.send(.delete, "/v1/cells/new", fields: [.ifMatch: "\"aaaaaaaaaaaa.7\""]).expect(412)
        }
    }

    @Test("a write that changes nothing stays at its revision")
    func unchanged() async throws {
        try await TestAPI.withAcme { api in
            let (before, revision) = (try await api.send(.get, "/v1/tenants/acme"), api.revision)
            let again = try await api.send(.put, "/v1/tenants/acme", try before.json).expect(200)
            #expect(again.etag == before.etag)
            #expect(api.revision == revision)
        }
    }

    // MARK: Idempotency keys

    @Test("a request that is sent again with its key gets the same answer, and does nothing")
    func replay() async throws {
        try await TestAPI.withAcme { api in
            let body: JSONValue = ["name": "edge", "role": "gateway"]
            let fields: Fields = [.idempotencyKey: "\"key-1\""]
            let first = try await api.send(.post, "/v1/tokens", body, fields: fields).expect(201)
            let revision = api.revision
            let second = try await api.send(.post, "/v1/tokens", body, fields: [.idempotencyKey: "key-1"])
                .expect(201)
            #expect(second.bytes == first.bytes)
            #expect(second.fields[.location] == "/v1/tokens/edge")
            #expect(second.etag == first.etag)
            #expect(api.revision == revision)
            api.clock.advance(by: .seconds(24 * 3600 + 1))
            try await api.send(.post, "/v1/tokens", body, fields: fields).expect(409, "alreadyExists")
        }
    }

    @Test(
        "a kept answer is sealed: a new token's secret does not lie in the database, nor open to its name alone"
    )
    func sealed() async throws {
        try await TestAPI.withAcme { api in
            let made = try await api.send(.post, "/v1/tokens", ["name": "ci", "role": "admin"])
            let bearer = { (answer: Answer) in "Bearer \(try answer["token"]?.string ?? "")" }
            var fields: Fields = [.idempotencyKey: "key-1", .authorization: try bearer(made)]
            let body: JSONValue = ["name": "edge", "role": "gateway"]
            let edge = try await api.send(.post, "/v1/tokens", body, fields: fields).expect(201)
            let secret = try #require(try edge["token"]?.string)
            #expect(try api.databaseHolds("edge"))
            #expect(try !api.databaseHolds(secret))
            #expect(try await api.send(.post, "/v1/tokens", body, fields: fields).bytes == edge.bytes)
            try await api.send(.delete, "/v1/tokens/ci").expect(200)
            let again = try await api.send(.post, "/v1/tokens", ["name": "ci", "role": "admin"])
            fields[.authorization] = try bearer(again)
            try await api.send(.post, "/v1/tokens", body, fields: fields).expect(422, "idempotencyKeyReused")
        }
    }

    @Test("a key that comes back with another request is 422; another's key is another key")
    func reused() async throws {
        try await TestAPI.withAcme { api in
            let fields: Fields = [.idempotencyKey: "key-1"]
            try await api.send(.post, "/v1/cells/cell-1:cordon", ["reason": "a"], fields: fields).expect(200)
            try await api.send(.post, "/v1/cells/cell-1:cordon", ["reason": "b"], fields: fields)
                .expect(422, "idempotencyKeyReused")
            try await api.send(.post, "/v1/cells/cell-1:uncordon", ["reason": "a"], fields: fields)
                .expect(422, "idempotencyKeyReused")
            try await api.send(.post, "/v1/cells/cell-1:cordon?dryRun=false", ["reason": "a"], fields: fields)
                .expect(422, "idempotencyKeyReused")
            try await api.send(
                .post, "/v1/cells/cell-1:uncordon", ["reason": "a"], as: .operator, fields: fields
            )
            .expect(200)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["schedulable"] == true)
        }
    }

    @Test("a key whose request still runs is 409")
    func inUse() async throws {
        try await TestAPI.withAcme { api in
            let fields: Fields = [.idempotencyKey: "key-1"]
            // Many at once: each is answered with the one answer, or told that it is being made.
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await api.send(.post, "/v1/cells/cell-1:cordon", fields: fields) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let done = answers.filter { $0.status == 200 }
            #expect(Set(done.map(\.bytes)).count == 1)
            for answer in answers where answer.status != 200 { try answer.expect(409, "idempotencyKeyInUse") }
            let events = try await api.send(.get, "/v1/audit?operation=cordonCell")["items"]?.array
            #expect(events?.count == 1)
        }
    }

    @Test(
        "a key that can be none is refused",
        arguments: ["", "\"\"", "a b", "ü", String(repeating: "k", count: 129)])
    func badKeys(_ key: String) async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/cells/cell-1:cordon", fields: [.idempotencyKey: key])
                .expect(400, "invalidArgument", field: "Idempotency-Key")
        }
    }

    @Test("a request that failed may be mended and sent again with its key")
    func failedKey() async throws {
        try await TestAPI.withAcme { api in
            let fields: Fields = [.idempotencyKey: "key-1"]
            try await api.send(.post, "/v1/cells/nowhere:cordon", fields: fields).expect(404)
            try await api.send(.post, "/v1/cells/cell-1:cordon", fields: fields).expect(200)
        }
    }

    // MARK: Dry runs

    @Test("a dry run shows the effects and changes nothing; its plan holds until what it read has changed")
    func plans() async throws {
        try await TestAPI.withAcme { api in
            let revision = api.revision
            let tried = try await api.send(.put, "/v1/tenants/initech?dryRun=true", ["load": 7]).expect(200)
            #expect(api.revision == revision)
            try await api.send(.get, "/v1/tenants/initech").expect(404)
            #expect(try tried["dryRun"] == true)
            let effects = try #require(try tried["effects"]?.array)
            #expect(effects.count == 1)
            #expect(effects[0]["action"] == "create" && effects[0]["before"] == .null)
            #expect(effects[0]["after"]?["cell"] == "cell-1")
            #expect(try tried["result"]?["load"] == 7)

            let plan = try #require(try tried["plan"]?.string)
            try await api.send(.put, "/v1/tenants/initech", ["load": 8], fields: [.ifPlanMatch: plan])
                .expect(412, "planChanged")
            try await api.send(.get, "/v1/tenants/initech").expect(404)
            // The policy would choose another cell now.
            try await api.addCell("cell-0", capacity: 1_000_000)
            try await api.send(.put, "/v1/tenants/initech", ["load": 7], fields: [.ifPlanMatch: plan])
                .expect(412, "planChanged")
            try await api.send(.post, "/v1/cells/cell-0:cordon").expect(200)
            let done = try await api.send(
                .put, "/v1/tenants/initech", ["load": 7], fields: [.ifPlanMatch: plan]
            )
            .expect(201)
            #expect(try done["cell"] == "cell-1")
        }
    }

    @Test("every write has a dry run that changes nothing")
    func dryRuns() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.put, "/v1/gateways/edge-1", [:], as: .gateway).expect(200)
            try await api.send(.put, "/v1/cells/spare", ["zone": "us-east-1b"]).expect(201)
            let revision = api.revision
            let writes: [(Method, String, JSONValue?, String)] = [
                (.put, "/v1/cells/cell-9", ["zone": "us-east-1a"], "create"),
                (.patch, "/v1/cells/cell-1", ["capacity": 5], "update"),
                (.delete, "/v1/cells/spare", nil, "delete"),
                (.post, "/v1/cells/spare:activate", nil, "update"),
                (.post, "/v1/cells/cell-1:cordon", nil, "update"),
                (.post, "/v1/cells/spare:retire", nil, "update"), (.put, "/v1/tenants/b", [:], "create"),
                (.patch, "/v1/tenants/acme", ["load": 3], "update"),
                (.delete, "/v1/tenants/acme", nil, "delete"),
                (.post, "/v1/tenants/acme:suspend", nil, "update"),
                (.delete, "/v1/gateways/edge-1", nil, "delete"),
                (.post, "/v1/tokens", ["name": "edge", "role": "gateway"], "create"),
                (.delete, "/v1/tokens/viewer", nil, "delete"),
                (.post, "/v1/changes/\(revision):revert", nil, "delete"),
            ]
            for (method, path, body, action) in writes {
                let answer = try await api.send(method, "\(path)?dryRun=true", body).expect(200)
                #expect(try answer["effects"]?[0]?["action"] == .string(action), "\(path)")
                #expect(answer.fields[.location] == nil && answer.etag == "", "\(path)")
                #expect(api.revision == revision, "\(path)")
                let shown = try answer.text
                #expect(!shown.contains("crp_"))
            }
            for (method, path, body, _) in writes where path.hasSuffix("/acme") && method == .patch {
                let plan = try await api.send(method, "\(path)?dryRun=true", body)["plan"]?.string ?? ""
                try await api.send(method, path, body, fields: [.ifPlanMatch: plan]).expect(200)
            }
        }
    }

    // MARK: Who and why

    @Test("the audit keeps who did it, why, and by which request")
    func audit() async throws {
        try await TestAPI.withAcme { api in
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            try await api.send(
                .patch, "/v1/cells/cell-1", ["labels": ["a": "1"]], as: .operator,
                fields: [.auditReason: "tier change", .xRequestID: "r-1", .traceparent: parent]
            ).expect(200)
            try await api.send(
                .post, "/v1/cells/cell-1:cordon", ["reason": "rack 12"],
                fields: [.auditReason: "less exact", .traceparent: "00-zz-1-01"]
            ).expect(200)
            try await api.send(.delete, "/v1/tenants/acme", fields: [.auditReason: "gone"]).expect(200)
            let events = try #require(
                try await api.send(.get, "/v1/audit?after=\(api.revision - 3)")["items"]?.array)
            try #require(events.count == 3)
            #expect(events[0]["reason"] == "tier change" && events[0]["requestId"] == "r-1")
            #expect(events[0]["actor"] == "operator" && events[0]["operation"] == "patchCell")
            #expect(events[0]["traceparent"] == .string(parent))
            #expect(events[1]["reason"] == "rack 12" && events[1]["traceparent"] == "")
            #expect(events[1]["requestId"]?.string?.isEmpty == false)
            #expect(events[2]["reason"] == "gone" && events[2]["document"] == .null)
        }
    }

    @Test("a reason past its limit is refused, and so is a body with more than a reason")
    func reasons() async throws {
        try await TestAPI.withAcme { api in
            let long = String(repeating: "x", count: Limits.reasonBytesMax + 1)
            try await api.send(.post, "/v1/cells/cell-1:cordon", ["reason": .string(long)])
                .expect(400, "invalidArgument", field: "reason")
            try await api.send(.post, "/v1/cells/cell-1:cordon", fields: [.auditReason: long])
                .expect(400, "invalidArgument", field: "Audit-Reason")
            try await api.send(.post, "/v1/cells/cell-1:cordon", ["force": true])
                .expect(400, "invalidArgument", field: "force")
            try await api.send(.post, "/v1/cells/cell-1:cordon", ["reason": .string(String(long.dropLast()))])
                .expect(200)
        }
    }
}
