import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Moving tenants")
struct MigrationEndpointsTests {
    @Test(
        "tenants are named, chosen by cell or by label, and go where they are sent",
        arguments: [
            (["tenants": ["acme", "globex"], "to": "cell-2"], ["acme", "globex"], ["to": "cell-2"]),
            (
                ["from": "cell-1", "to": "cell-3"], ["acme", "globex", "initech", "umbrella"],
                ["from": "cell-1", "to": "cell-3"]
            ),
            (
                ["selector": ["labels": ["tier": "gold"]], "to": "cell-2"], ["globex", "initech"],
                ["to": "cell-2", "selector": ["labels": ["tier": "gold"]]]
            ),
            (
                ["selector": ["cell": "cell-1", "labels": ["tier": "gold"]], "to": "cell-2"],
                ["globex", "initech"],
                ["from": "cell-1", "to": "cell-2", "selector": ["labels": ["tier": "gold"]]]
            ),
        ] as [(JSONObject, [String], JSONObject)])
    func migrations(body: JSONObject, tenants: [String], asked: JSONObject) async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin("/v1/migrations", .object(body))
            let planned = try await api.send(.get, "/v1/migrations/\(id)/tenants?state=planned").expect(200)
            #expect(try planned["items"]?.array?.compactMap { $0["tenant"]?.string } == tenants)
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded")
            #expect(ended["progress"]?["completed"] == .integer(Int64(tenants.count)))
            let shown = try await api.send(.get, "/v1/migrations/\(id)", as: .viewer).expect(200)
            for (name, value) in asked { #expect(try shown["spec"]?[name] == value, "\(name)") }
            #expect(try shown["spec"]?["batchSize"] == 250)
            #expect(try shown["batches"]?[0]?["state"] == "reversible")
            #expect(try shown["batches"]?[0]?["barrier"]?["heldBy"] == "gateways")
            let listed = try await api.send(.get, "/v1/migrations").expect(200)
            #expect(try listed["items"]?[0]?["spec"] == shown["spec"])
            let moved = try await api.send(.get, "/v1/migrations/\(id)/tenants?state=moved&limit=1").expect(
                200)
            #expect(try moved["items"]?[0]?["tenant"] == .string(tenants[0]))
            #expect(try (moved["nextCursor"] == nil) == (tenants.count == 1))
            for tenant in tenants { #expect(try await api.tenant(tenant, "cell") == asked["to"]) }
        }
    }

    @Test("a batch holds as many tenants as it may, and one cell's")
    func batches() async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin(
                "/v1/migrations", ["from": "cell-1", "to": "cell-2", "batchSize": 3])
            let batches = try await api.send(.get, "/v1/migrations/\(id)").expect(200)["batches"]?.array ?? []
            #expect(batches.map { $0["tenants"] } == [3, 1])
            #expect(batches.map { $0["source"] } == ["cell-1", "cell-1"])
            #expect(try await api.outcome(of: id)["evidence"]?["barriers"]?["gateways"] == 2)
        }
    }

    @Test("a dry run moves nobody, and the write must do just what it showed")
    func dryRun() async throws {
        try await TestAPI.withFour { api in
            let body: JSONValue = ["tenants": ["acme"], "to": "cell-2"]
            let plan = try await api.send(.post, "/v1/migrations?dryRun=true", body).expect(200)
            #expect(
                try plan["moves"]
                    == [
                        "total": 1,
                        "items": [["tenant": "acme", "from": "cell-1", "to": "cell-2", "load": 1]],
                    ])
            #expect(try plan["cells"]?.array?.compactMap { $0["loadAfter"]?.integer } == [3, 1])
            #expect(try plan["result"]?["state"] == "running")
            #expect(try await api.send(.get, "/v1/operations")["items"] == [])
            let token = try #require(try plan["plan"]?.string)
            try await api.send(
                .post, "/v1/migrations", ["tenants": ["acme"], "to": "cell-3"], fields: [.ifPlanMatch: token]
            ).expect(412, "planChanged")
            _ = try await api.begin("/v1/migrations", body, fields: [.ifPlanMatch: token])
        }
    }

    @Test("a reversal takes the tenants back, as an operation of its own, within the window")
    func reverse() async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin(
                "/v1/migrations", ["tenants": ["acme", "globex"], "to": "cell-2", "reverseWindow": "10m"])
            try await api.send(.post, "/v1/migrations/\(id):reverse").expect(409, "stateConflict")
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            try await api.send(
                .post, "/v1/migrations/\(id):reverse",
                ["mover": ["type": "webhook", "url": "https://copier.example.com/"]]
            ).expect(409, "stateConflict")
            let back = try await api.begin("/v1/migrations/\(id):reverse", ["reason": "slower there"])
            let ended = try await api.outcome(of: back)
            #expect(ended["state"] == "succeeded" && ended["kind"] == "reversal")
            #expect(ended["reason"] == "slower there")
            for tenant in ["acme", "globex"] {
                #expect(try await api.tenant(tenant, "cell") == "cell-1")
                #expect(try await api.tenant(tenant, "epoch") == 3)
            }
            let spec = try await api.send(.get, "/v1/migrations/\(back)").expect(200)["spec"]
            #expect(spec?["reverses"] == .string(id))
            let old = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
            #expect(try old["batches"]?[0]?["state"] == "reversed")
            let again = try await api.send(.post, "/v1/migrations/\(id):reverse").expect(
                409, "stateConflict")
            #expect(try again.blockers == ["operation/\(back)"])
            #expect(try again["detail"]?.string?.contains("was reversed already, by '\(back)'") == true)
        }
    }

    @Test("past the window there is no way back but another move")
    func windowEnds() async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2", "reverseWindow": "10m"])
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            api.clock.advance(by: .seconds(600))
            try await api.work()
            #expect(try await api.send(.get, "/v1/migrations/\(id)")["batches"]?[0]?["state"] == "done")
            let late = try await api.send(.post, "/v1/migrations/\(id):reverse").expect(409, "stateConflict")
            #expect(try late["nextSteps"]?.array?.isEmpty == false)
        }
    }

    @Test("a rebalance shows its plan, makes it, and moves nobody where the cells are even")
    func rebalance() async throws {
        try await TestAPI.with { api in
            try await api.addCell("cell-1", capacity: 20)
            try await api.addCell("cell-2", capacity: 20)
            try await api.addTenants((1...10).map { "tenant-\($0)" }, on: "cell-1")
            let plan = try await api.send(.post, "/v1/rebalance?dryRun=true", ["band": "5%"]).expect(200)
            #expect(try plan["outcome"] == "planned" && plan["meanPercent"]?.number == 25)
            #expect(try plan["cellsOutsideBand"] == ["before": 2, "after": 0, "left": []])
            let moves = try #require(try plan["moves"]?["total"]?.integer)
            #expect((4...5).contains(moves))
            let token = try #require(try plan["plan"]?.string)
            let id = try await api.begin("/v1/rebalance", ["band": "5%"], fields: [.ifPlanMatch: token])
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded" && ended["progress"]?["completed"] == .integer(moves))
            let spec = try await api.send(.get, "/v1/migrations/\(id)").expect(200)["spec"]
            #expect(spec?["band"] == "5%" && spec?["threshold"] == "1%" && spec?["maxMoves"] == 1000)

            let even = try await api.send(.post, "/v1/rebalance?dryRun=true").expect(200)
            #expect(try even["outcome"] == "balanced" && even["moves"]?["total"] == 0)
            let none = try await api.begin("/v1/rebalance")
            #expect(try await api.outcome(of: none)["state"] == "succeeded")
            for body in [["band": "101%"], ["maxMoves": 0], ["includePinned": true]] as [JSONValue] {
                try await api.send(.post, "/v1/rebalance", body).expect(400, "invalidArgument")
            }
            let strangers: [JSONValue] = [
                ["zones": ["nowhere"]], ["exclude": ["cells": ["nowhere"]]],
                ["exclude": ["tenants": ["nobody"]]],
            ]
            for body in strangers { try await api.send(.post, "/v1/rebalance", body).expect(404, "notFound") }
            try api.expectSound()
        }
    }
}
