import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Operations")
struct OperationEndpointsTests {
    /// As `withAcme`, with a second cell for it to go to.
    private static func withTwoCells(_ body: (TestAPI) async throws -> Void) async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2", zone: "us-east-1b")
            try await body(api)
            try api.expectSound()
        }
    }

    @Test("an operation is seen from its start to its end, and says what showed it done")
    func life() async throws {
        try await Self.withTwoCells { api in
            let started = try await api.send(
                .post, "/v1/tenants/acme:move", ["to": "cell-2", "reason": "closer to its users"]
            ).expect(202)
            let id = try #require(try started["id"]?.string)
            #expect(try started["state"] == "running" && started["kind"] == "migration")
            #expect(try started["progress"] == ["total": 1, "completed": 0, "failed": 0, "inFlight": 0])
            #expect(try started["createdBy"] == "admin" && started["reason"] == "closer to its users")
            #expect(try started["resource"] == "/v1/tenants/acme" && started["previousRevision"] == 0)

            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded" && ended["done"] == true && ended["blockers"] == [])
            #expect(ended["progress"]?["completed"] == 1)
            #expect(ended["evidence"]?["barriers"] == ["gateways": 1, "seal": 0, "force": 0])
            #expect(ended["evidence"]?["revision"] == .string(api.table))
            #expect(
                ended["steps"]?.array?.compactMap { $0["name"]?.string }.prefix(3) == [
                    "plan", "move", "confirm",
                ])
            #expect(ended["log"]?.array?.isEmpty == false)
            #expect(try await api.tenant("acme", "cell") == "cell-2")
            #expect(try await api.tenant("acme", "epoch") == 2)
            #expect(try await api.tenant("acme", "state") == "serving")
        }
    }

    @Test(
        "a wait is held until the operation ends, and answered at once where it has ended or nobody wants to wait"
    )
    func wait() async throws {
        try await Self.withTwoCells { api in
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            let poll = try api.poll("/v1/operations/\(id):wait?wait=30s", as: .viewer)
            for method in [Method.get, .post] {
                let now = try await api.send(method, "/v1/operations/\(id):wait?wait=0", as: .viewer).expect(
                    200)
                #expect(try now["state"] == "running")
                let late = try await api.send(method, "/v1/operations/\(id):wait", as: .viewer).expect(200)
                #expect(try late["done"] == false)
            }
            try await api.work()
            let answer = try await api.answer(await poll.woken(), to: poll)
            #expect(try answer["state"] == "succeeded")
            try await api.send(.get, "/v1/operations/\(id):wait?wait=soon").expect(
                400, "invalidArgument", field: "wait")
            try await api.send(.get, "/v1/operations/\(id):wait?wait=60s").expect(200)
        }
    }

    @Test(
        "a paused operation begins nothing, and goes on where it is resumed; the same again changes nothing")
    func pause() async throws {
        try await Self.withTwoCells { api in
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            for _ in 0..<2 {
                let paused = try await api.send(.post, "/v1/operations/\(id):pause", ["reason": "lunch"])
                    .expect(200)
                #expect(try paused["state"] == "paused" && paused["intent"] == "pause")
            }
            #expect(try await api.outcome(of: id)["state"] == "paused")
            #expect(try await api.tenant("acme", "state") == "serving")
            #expect(try await api.tenant("acme", "cell") == "cell-1")
            let resumed = try await api.send(.post, "/v1/operations/\(id):resume").expect(200)
            #expect(try resumed["state"] == "running")
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded")
            let log = ended["log"]?.array?.compactMap { $0["message"]?.string } ?? []
            #expect(log.contains("pause by admin: lunch"), "\(log)")
        }
    }

    @Test("a cancel leaves the tenant whole on its cell, and nothing more can be done to what has ended")
    func cancel() async throws {
        try await Self.withTwoCells { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            // The gateway has not heard of the move: it is announced, and waits.
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "migrating")
            let waiting = try await api.send(.get, "/v1/operations/\(id)").expect(200)
            #expect(try waiting.blockers == ["gateway/edge-1"])
            #expect(try waiting["progress"]?["inFlight"] == 1)

            let cancelling = try await api.send(.post, "/v1/operations/\(id):cancel").expect(200)
            #expect(try cancelling["state"] == "running" && cancelling["intent"] == "cancel")
            try await api.send(.post, "/v1/operations/\(id):pause").expect(409, "stateConflict")
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "cancelled" && ended["done"] == true)
            #expect(try await api.tenant("acme", "state") == "serving")
            #expect(try await api.tenant("acme", "cell") == "cell-1")
            #expect(try await api.tenant("acme", "epoch") == 1)
            #expect(try await api.send(.get, "/v1/cells/cell-2")["tenants"] == 0)

            for action in ["pause", "resume"] {
                try await api.send(.post, "/v1/operations/\(id):\(action)").expect(409, "operationDone")
            }
            try await api.send(.post, "/v1/operations/\(id):cancel").expect(200)
            let done = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            for _ in 0..<3 {
                try await api.work()
                try await api.acknowledge()
            }
            #expect(try await api.outcome(of: done)["state"] == "succeeded")
            let late = try await api.send(.post, "/v1/operations/\(done):cancel").expect(409, "operationDone")
            #expect(
                try late["nextSteps"] == [
                    "POST /v1/migrations/\(done):reverse takes the tenants back, until 2026-03-02T10:00:00.000Z at the latest",
                    "GET /v1/operations/\(done) shows how it ended",
                ])
        }
    }

    @Test("operations are listed newest first, by kind and state, page by page")
    func list() async throws {
        try await Self.withTwoCells { api in
            let first = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            _ = try await api.outcome(of: first)
            let second = try await api.begin("/v1/cells/cell-2:drain")
            func ids(_ query: String, of collection: String = "operations") async throws -> [String] {
                try await api.send(.get, "/v1/\(collection)\(query)", as: .viewer).expect(200)["items"]?
                    .array?
                    .compactMap { $0["id"]?.string } ?? []
            }
            #expect(try await ids("") == [second, first])
            #expect(try await ids("?kind=drain") == [second])
            #expect(try await ids("?state=succeeded") == [first])
            #expect(try await ids("?kind=drain&state=succeeded") == [])
            #expect(try await ids("", of: "migrations") == [second, first])
            let page = try await api.send(.get, "/v1/operations?limit=1").expect(200)
            let cursor = try #require(try page["nextCursor"]?.string)
            #expect(try await ids("?limit=1&cursor=\(cursor)") == [first])
            for query in ["kind=none", "state=none", "limit=0", "cursor=x"] {
                try await api.send(.get, "/v1/operations?\(query)").expect(400, "invalidArgument")
            }
        }
    }

    @Test("what there is not is 404, with a way to what there is")
    func unknown() async throws {
        try await TestAPI.with { api in
            for id in ["nonsense", "drain-aaaaaaaaaaaa"] {
                for target in ["operations/\(id)", "operations/\(id):wait", "migrations/\(id)"] {
                    let answer = try await api.send(.get, "/v1/\(target)").expect(404, "notFound")
                    #expect(try answer["nextSteps"]?.array?.isEmpty == false)
                }
                for target in [
                    "operations/\(id):cancel", "migrations/\(id):pause", "migrations/\(id):reverse",
                ] {
                    try await api.send(.post, "/v1/\(target)").expect(404, "notFound")
                }
                try await api.send(.get, "/v1/migrations/\(id)/tenants").expect(404, "notFound")
            }
        }
    }

    @Test("an operation is changed only as it was seen, and is forgotten 30 days after its end")
    func conditionsAndExpiry() async throws {
        try await Self.withTwoCells { api in
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2", "reverseWindow": "0"])
            let seen = try await api.send(.get, "/v1/operations/\(id)").expect(200)
            let fields: Fields = [.ifMatch: seen.etag]
            try await api.send(.post, "/v1/operations/\(id):pause", fields: fields).expect(200)
            try await api.send(.post, "/v1/operations/\(id):resume", fields: fields).expect(
                412, "preconditionFailed")
            try await api.send(.post, "/v1/operations/\(id):resume").expect(200)
            let ended = try await api.outcome(of: id)
            #expect(ended["expiresAt"] == "2026-04-01T09:00:00.000Z")
            let forget = try #require(
                Reconcilers.all(of: api.controlPlane).first { $0.name == "deleteExpiredOperations" })
            api.clock.advance(by: .seconds(30 * 86_400))
            _ = try await forget.step()
            try await api.send(.get, "/v1/operations/\(id)").expect(200)
            api.clock.advance(by: .milliseconds(1))
            _ = try await forget.step()
            try await api.send(.get, "/v1/operations/\(id)").expect(404, "notFound")
        }
    }
}
