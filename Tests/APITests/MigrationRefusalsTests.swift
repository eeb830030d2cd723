import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Moves that are refused")
struct MigrationRefusalsTests {
    @Test("an impossible wish is refused by name before anything has changed")
    func refusals() async throws {
        try await TestAPI.withFour { api in
            let revision = api.revision
            func refused(
                _ target: String, _ body: JSONValue, _ status: Int, _ code: String, field: String? = nil
            ) async throws -> Answer {
                try await api.send(.post, target, body).expect(status, code, field: field)
            }
            _ = try await refused(
                "/v1/migrations", ["tenants": ["acme", "nobody"]], 404, "notFound", field: "tenants[1]")
            _ = try await refused("/v1/tenants/nobody:move", [:], 404, "notFound")
            _ = try await refused("/v1/migrations", ["from": "nowhere"], 404, "notFound")
            _ = try await refused(
                "/v1/tenants/acme:move", ["to": "nowhere"], 409, "notPlaceable", field: "to")
            _ = try await refused(
                "/v1/tenants/acme:move", ["to": "cell-1"], 409, "stateConflict", field: "to")
            _ = try await refused(
                "/v1/migrations", ["from": "cell-1", "to": "cell-1"], 409, "stateConflict", field: "to")
            _ = try await refused(
                "/v1/cells/cell-1:drain", ["to": "cell-1"], 409, "stateConflict", field: "to")
            _ = try await refused("/v1/cells/nowhere:drain", [:], 404, "notFound")
            _ = try await refused("/v1/migrations", [:], 400, "invalidArgument", field: "tenants")
            _ = try await refused(
                "/v1/migrations", ["tenants": ["acme"], "from": "cell-1"], 400, "invalidArgument",
                field: "tenants")
            _ = try await refused(
                "/v1/migrations", ["selector": [:]], 400, "invalidArgument", field: "selector")
            _ = try await refused(
                "/v1/migrations", ["from": "cell-1", "deadline": "-1h"], 400, "invalidArgument",
                field: "deadline")
            _ = try await refused(
                "/v1/tenants/acme:move", ["deadline": "5s"], 400, "invalidArgument", field: "freezeDeadline")
            _ = try await refused(
                "/v1/tenants/acme:move", ["onStragglers": "force"], 400, "invalidArgument", field: "reason")
            _ = try await refused(
                "/v1/tenants/acme:move",
                ["mover": ["type": "webhook", "url": "https://copier.example.com/"]],
                409, "stateConflict")
            #expect(api.revision == revision)
        }
    }

    @Test("a target without room is refused tenant by tenant, and a dry run shows the same as a plan")
    func noRoom() async throws {
        try await TestAPI.withFour { api in
            try await api.addCell("small", zone: "us-east-1b", capacity: 3)
            let body: JSONValue = ["from": "cell-1", "to": "small"]
            let answer = try await api.send(.post, "/v1/migrations", body).expect(409, "insufficientCapacity")
            #expect(try answer.blockers.count == 1)
            #expect(try answer["detail"]?.string?.hasPrefix("1 of 4 tenants") == true)
            let plan = try await api.send(.post, "/v1/migrations?dryRun=true", body).expect(200)
            #expect(try plan["result"] == .null && plan["moves"]?["total"] == 3)
            #expect(try plan["unplaceable"]?["items"]?[0]?["blockers"]?.array?.isEmpty == false)
            try await api.send(.post, "/v1/cells/cell-2:cordon").expect(200)
            try await api.send(.post, "/v1/tenants/acme:move", ["to": "cell-2"]).expect(
                409, "insufficientCapacity")
        }
    }

    @Test("room is reserved from the first moment on, and given back by a cancel")
    func reservation() async throws {
        try await TestAPI.withFour { api in
            try await api.addCell("small", zone: "us-east-1b", capacity: 1)
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "small"])
            let capacity = try await api.send(.get, "/v1/capacity").expect(200)["cells"]?.array ?? []
            #expect(capacity.first { $0["cell"] == "small" }?["reserved"] == 1)
            try await api.send(.post, "/v1/tenants/globex:move", ["to": "small"]).expect(
                409, "insufficientCapacity")
            try await api.send(.put, "/v1/tenants/new", ["cell": "small"]).expect(409, "notPlaceable")
            try await api.send(.post, "/v1/operations/\(id):cancel").expect(200)
            #expect(try await api.outcome(of: id)["state"] == "cancelled")
            _ = try await api.begin("/v1/tenants/globex:move", ["to": "small"])
        }
    }

    @Test("pinned tenants stop what chooses them, unless they are included or named")
    func pinned() async throws {
        try await TestAPI.withFour { api in
            try await api.send(.patch, "/v1/tenants/acme", ["pinned": true]).expect(200)
            for (target, body) in [
                ("/v1/cells/cell-1:drain", [:]), ("/v1/migrations", ["from": "cell-1"]),
                ("/v1/zones/us-east-1a:evacuate", ["until": "restored"]),
            ] as [(String, JSONValue)] {
                let answer = try await api.send(.post, target, body).expect(409, "stateConflict")
                #expect(try answer.blockers == ["tenant/acme"], "\(target)")
                #expect(try answer["nextSteps"]?.array?.isEmpty == false)
            }
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            let named = try await api.begin("/v1/migrations", ["tenants": ["acme"], "to": "cell-2"])
            #expect(try await api.outcome(of: named)["state"] == "succeeded")
            #expect(try await api.tenant("acme", "pinned") == true)
            let drain = try await api.begin(
                "/v1/cells/cell-2:drain", ["includePinned": true, "to": "cell-3"])
            #expect(try await api.outcome(of: drain)["state"] == "succeeded")
            #expect(try await api.tenant("acme", "cell") == "cell-3")
        }
    }

    @Test("a tenant in a move is in nobody else's, and keeps what the move was planned with")
    func inAMove() async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin("/v1/tenants/acme:move", ["to": "cell-2"])
            for (method, target, body) in [
                (.post, "/v1/tenants/acme:move", ["to": "cell-3"]),
                (.post, "/v1/migrations", ["tenants": ["globex", "acme"], "to": "cell-3"]),
                (.patch, "/v1/tenants/acme", ["load": 2]), (.patch, "/v1/tenants/acme", ["pinned": true]),
                (.patch, "/v1/tenants/acme", ["placement": ["zones": ["us-east-1a"]]]),
                (.post, "/v1/tenants/acme:suspend", [:]), (.delete, "/v1/tenants/acme", nil),
            ] as [(HTTP.Method, String, JSONValue?)] {
                let answer = try await api.send(method, target, body).expect(409, "inUse")
                #expect(try answer.blockers == ["operation/\(id)"], "\(target)")
            }
            try await api.send(.patch, "/v1/tenants/acme", ["labels": ["tier": "gold"]]).expect(200)
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            #expect(try await api.tenant("acme", "labels") == ["tier": "gold"])
        }
    }
}
