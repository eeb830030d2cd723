import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("What a move waits for")
struct BarrierEndpointsTests {
    @Test("a move goes on as the gateways acknowledge each of its steps, and no further")
    func barrier() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            for (state, batch) in [
                ("migrating", "announced"), ("frozen", "freezing"), ("serving", "confirming"),
            ] {
                try await api.work()
                #expect(try await api.tenant("acme", "state") == .string(state))
                let shown = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
                #expect(try shown["batches"]?[0]?["state"] == .string(batch))
                #expect(try shown["batches"]?[0]?["barrier"]?["waitingFor"]?.names == ["gateway/edge-1"])
                #expect(try shown.blockers == ["gateway/edge-1"])
                try await api.acknowledge()
            }
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded")
            #expect(ended["evidence"]?["gateways"] == ["live": 1, "applied": 1, "expired": []])
        }
    }

    @Test("a freeze that nobody acknowledges ends by its deadline, and another one is tried")
    func freezeExpires() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2", "freezeDeadline": "5s"])
            try await api.work()
            try await api.acknowledge()
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "frozen")
            api.clock.advance(by: .seconds(5))
            try await api.work(rounds: 1)
            #expect(try await api.tenant("acme", "state") == "migrating")
            let shown = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
            #expect(try shown["batches"]?[0]?["notBefore"] == "2026-03-02T09:00:07.000Z")
            api.clock.advance(by: .seconds(2))
            for _ in 0..<3 {
                try await api.acknowledge()
                try await api.work()
            }
            let again = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
            #expect(try again["state"] == "succeeded" && again["batches"]?[0]?["attempt"] == 2)
        }
    }

    @Test("a gateway that falls silent during a freeze is waited for until it is out, and no longer")
    func silentDuringFreeze() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            try await api.work()
            try await api.acknowledge()
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "frozen")
            api.clock.advance(by: .seconds(10))
            try await api.work(rounds: 1)
            api.clock.advance(by: .seconds(40))
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "migrating")
            api.clock.advance(by: .seconds(10))
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded")
            let shown = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
            #expect(try shown["batches"]?[0]?["attempt"] == 2)
            #expect(try shown["batches"]?[0]?["barrier"]?["gateways"]?["expired"] == ["edge-1"])
        }
    }

    @Test("the source cell's seal lets the cutover through where a gateway does not answer")
    func seal() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            for _ in 0..<2 {
                try await api.work()
                try await api.send(
                    .put, "/v1/cells/cell-1/ownership", ["applied": .string(api.table)], as: .cell
                ).expect(200)
            }
            let sealed = api.table
            try await api.work()
            #expect(try await api.tenant("acme", "cell") == "cell-2")
            try await api.acknowledge()
            let ended = try await api.outcome(of: id)
            #expect(ended["evidence"]?["barriers"] == ["gateways": 0, "seal": 1, "force": 0])
            let shown = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
            #expect(try shown["batches"]?[0]?["barrier"]?["seal"] == .string(sealed))
        }
    }

    @Test("at the deadline what is held up is undone, and the operation says whose fault it was")
    func deadlineAborts() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2", "deadline": "60s"])
            try await api.work()
            api.clock.advance(by: .seconds(60))
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "failed" && ended["progress"]?["failed"] == 1)
            #expect(ended["blockers"]?.names == ["batch/1", "tenant/acme"])
            #expect(ended["blockers"]?[0]?["message"]?.string?.contains("edge-1") == true)
            #expect(
                ended["log"]?.array?.contains { $0["message"]?.string?.contains("edge-1") == true } == true)
            #expect(try await api.tenant("acme", "state") == "serving")
            #expect(try await api.tenant("acme", "cell") == "cell-1")
            let returned = try await api.send(.get, "/v1/migrations/\(id)/tenants?state=returned").expect(200)
            #expect(try returned["items"]?.array?.count == 1)
        }
    }

    @Test("force goes on past the deadline without those that hold it up, and keeps the reason")
    func force() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin(
                "/v1/tenants/acme:move",
                ["to": "cell-2", "deadline": "60s", "onStragglers": "force", "reason": "edge-1 is gone"])
            try await api.work()
            api.clock.advance(by: .seconds(60))
            try await api.work()
            #expect(try await api.tenant("acme", "state") == "frozen")
            api.clock.advance(by: .seconds(10))
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded" && ended["reason"] == "edge-1 is gone")
            #expect(ended["evidence"]?["barriers"]?["force"] == 1)
        }
    }
}
