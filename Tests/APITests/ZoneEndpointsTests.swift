import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Zones and capacity")
struct ZoneEndpointsTests {
    /// Two zones with a cell each; `acme` and `globex` on the first one's.
    private static func withTwoZones(
        capacity: Int64 = 1000, _ body: (TestAPI) async throws -> Void
    ) async throws {
        try await TestAPI.withAcme { api in
            try await api.addTenants(["globex"], on: "cell-1")
            try await api.addCell("cell-2", zone: "us-east-1b", capacity: capacity)
            try await body(api)
            try api.expectSound()
        }
    }

    private static func zone(_ name: String, _ api: TestAPI) async throws -> JSONValue {
        let zones = try await api.send(.get, "/v1/zones", as: .viewer).expect(200)["items"]?.array ?? []
        return try #require(zones.first { $0["zone"] == .string(name) })
    }

    @Test("an evacuated zone is emptied, shows its evacuation, and gets its tenants back")
    func evacuateAndRestore() async throws {
        try await Self.withTwoZones { api in
            let before = try await Self.zone("us-east-1a", api)
            #expect(before["cells"] == ["provisioning": 0, "active": 1, "draining": 0, "drained": 0])
            #expect(before["tenants"] == 2 && before["headroom"] == 998 && before["evacuation"] == nil)

            let id = try await api.begin(
                "/v1/zones/us-east-1a:evacuate", ["until": "restored", "reason": "the zone is down"])
            try await api.send(.post, "/v1/zones/us-east-1a:restore").expect(409, "stateConflict")
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            let shown = try await api.send(.get, "/v1/migrations/\(id)").expect(200)
            #expect(try shown["kind"] == "evacuation" && shown["resource"] == "/v1/zones/us-east-1a")
            #expect(try shown["spec"]?["zone"] == "us-east-1a" && shown["spec"]?["until"] == "restored")
            #expect(try shown["evidence"]?["tenantsLeft"] == 0)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "drained")
            let after = try await Self.zone("us-east-1a", api)
            #expect(after["tenants"] == 0 && after["headroom"] == 0)
            #expect(after["evacuation"]?["operation"] == .string(id))
            #expect(after["evacuation"]?["until"] == "restored" && after["evacuation"]?["expiresAt"] == .null)
            #expect(after["evacuation"]?["reason"] == "the zone is down")
            let again = try await api.send(.post, "/v1/zones/us-east-1a:evacuate", ["until": "restored"])
                .expect(409, "inUse")
            #expect(try again.blockers == ["operation/\(id)"])

            let back = try await api.begin(
                "/v1/zones/us-east-1a:restore", ["stepPercent": 100, "stepPause": "0"])
            #expect(try await api.outcome(of: back)["state"] == "succeeded")
            for tenant in ["acme", "globex"] {
                #expect(try await api.tenant(tenant, "cell") == "cell-1")
                #expect(try await api.tenant(tenant, "epoch") == 3)
            }
            #expect(try await Self.zone("us-east-1a", api)["evacuation"] == nil)
            let spec = try await api.send(.get, "/v1/migrations/\(back)").expect(200)["spec"]
            #expect(spec?["restores"] == .string(id) && spec?["stepPercent"] == 100)
            try await api.send(.post, "/v1/zones/us-east-1a:restore").expect(409, "stateConflict")
        }
    }

    @Test("tenants come back in steps, with a pause between them")
    func steps() async throws {
        try await Self.withTwoZones { api in
            let id = try await api.begin("/v1/zones/us-east-1a:evacuate", ["until": "restored"])
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            let back = try await api.begin(
                "/v1/zones/us-east-1a:restore", ["stepPercent": 50, "stepPause": "60s", "batchSize": 1])
            let resting = try await api.outcome(of: back)
            #expect(resting["progress"]?["completed"] == 1 && resting["state"] == "running")
            #expect(
                resting["blockers"] == [
                    [
                        "kind": "pause", "id": "batch 2",
                        "message":
                            "the next step begins with it at 2026-03-02T09:01:00.000Z, as 'stepPause' says",
                    ]
                ])
            let steps = resting["nextSteps"]?.array ?? []
            #expect(!steps.isEmpty && !steps.contains("look after what the blockers name"))
            api.clock.advance(by: .seconds(60))
            #expect(try await api.outcome(of: back)["state"] == "succeeded")
        }
    }

    @Test("an evacuation says how long it is to last, and its cells serve again once that is over")
    func expiry() async throws {
        try await Self.withTwoZones { api in
            for body in [[:], ["expiresIn": "4h", "until": "restored"]] as [JSONValue] {
                try await api.send(.post, "/v1/zones/us-east-1a:evacuate", body).expect(
                    400, "invalidArgument", field: "expiresIn")
            }
            try await api.send(.post, "/v1/zones/us-east-1a:evacuate", ["until": "tomorrow"]).expect(
                400, "invalidArgument", field: "until")
            let id = try await api.begin("/v1/zones/us-east-1a:evacuate", ["expiresIn": "4h"])
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            #expect(
                try await Self.zone("us-east-1a", api)["evacuation"]?["expiresAt"]
                    == "2026-03-02T13:00:00.000Z")
            api.clock.advance(by: .seconds(4 * 3600))
            try await api.work()
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            // Nobody is moved without anybody's word.
            #expect(try await api.tenant("acme", "cell") == "cell-2")
        }
    }

    @Test("an evacuation that expires before it has ended says so, and who had moved stays moved")
    func expiryOfRunning() async throws {
        try await Self.withTwoZones { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/zones/us-east-1a:evacuate", ["expiresIn": "30m"])
            api.clock.advance(by: .seconds(1800))
            // Until its time is over it waits for a gateway that does not follow.
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "cancelled")
            #expect(ended["blockers"]?.names == ["zone/us-east-1a"])
            #expect(
                ended["blockers"]?[0]?["message"]
                    == "its evacuation expired at 2026-03-02T09:30:00.000Z, before it had ended: who had moved by then stays moved"
            )
            #expect(
                ended["nextSteps"] == [
                    "POST /v1/zones/us-east-1a:evacuate again, with a longer \"expiresIn\""
                ])
            let log = (ended["log"]?.array ?? []).compactMap { $0["message"]?.string }
            #expect(log.contains("cancel by system: \(id) has expired"))
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            try await api.acknowledge()
            let longer = try await api.begin("/v1/zones/us-east-1a:evacuate", ["expiresIn": "4h"])
            for _ in 0..<3 {
                try await api.work()
                try await api.acknowledge()
            }
            #expect(try await api.outcome(of: longer)["state"] == "succeeded")
        }
    }

    @Test("an evacuation that has expired leaves alone what is drained later, and so does its restoration")
    func drainAfterExpiry() async throws {
        try await Self.withTwoZones { api in
            let id = try await api.begin("/v1/zones/us-east-1a:evacuate", ["expiresIn": "1h"])
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            api.clock.advance(by: .seconds(3600))
            try await api.work()
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            let expired = try await api.send(.get, "/v1/operations/\(id)").expect(200)
            #expect(try expired["log"]?.array?.last?["message"] == "expired: the zone's cells serve again")

            let drain = try await api.begin("/v1/cells/cell-1:drain")
            #expect(try await api.outcome(of: drain)["state"] == "succeeded")
            try await api.work()
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "drained")
            let back = try await api.begin("/v1/zones/us-east-1a:restore", ["stepPercent": 100])
            #expect(try await api.outcome(of: back)["done"] == true)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "drained")
        }
    }

    @Test("a dry run of an evacuation shows every tenant's target, and the write must do just that")
    func dryRun() async throws {
        try await Self.withTwoZones { api in
            let plan = try await api.send(
                .post, "/v1/zones/us-east-1a:evacuate?dryRun=true", ["until": "restored"]
            ).expect(200)
            #expect(try plan["moves"]?["total"] == 2 && plan["unplaceable"]?["total"] == 0)
            #expect(try plan["cells"]?.array?.count == 2)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            let token = try #require(try plan["plan"]?.string)
            try await api.addTenants(["initech"], on: "cell-1")
            try await api.send(
                .post, "/v1/zones/us-east-1a:evacuate", ["until": "restored"], fields: [.ifPlanMatch: token]
            ).expect(412, "planChanged")
            try await api.send(.delete, "/v1/tenants/initech").expect(200)
            _ = try await api.begin(
                "/v1/zones/us-east-1a:evacuate", ["until": "restored"], fields: [.ifPlanMatch: token])
        }
    }

    @Test(
        "the last zone is not evacuated, nor one whose tenants fit nowhere else; the override of the rule moves nobody"
    )
    func refusals() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.post, "/v1/zones/nowhere:evacuate", ["until": "restored"]).expect(
                404, "notFound")
            try await api.send(.post, "/v1/zones/nowhere:restore").expect(404, "notFound")
            let last = try await api.send(.post, "/v1/zones/us-east-1a:evacuate", ["until": "restored"])
                .expect(409, "policyViolation")
            #expect(try last.blockers == ["policy/activeZonesMin"])
            let none = try await api.send(
                .post, "/v1/zones/us-east-1a:evacuate",
                ["until": "restored", "override": ["rules": ["activeZonesMin"], "reason": "all is lost"]]
            ).expect(409, "insufficientCapacity")
            #expect(try none.blockers == ["tenant/acme"])

            try await api.send(.patch, "/v1/tenants/acme", ["load": 5]).expect(200)
            try await api.addCell("cell-2", zone: "us-east-1b", capacity: 4)
            let small = try await api.send(.post, "/v1/zones/us-east-1a:evacuate", ["expiresIn": "1h"])
                .expect(
                    409, "insufficientCapacity")
            #expect(try small.blockers == ["tenant/acme"])
            #expect(try small["nextSteps"]?.array?.isEmpty == false)
            let plan = try await api.send(
                .post, "/v1/zones/us-east-1a:evacuate?dryRun=true", ["expiresIn": "1h"]
            ).expect(200)
            #expect(try plan["result"] == .null && plan["unplaceable"]?["total"] == 1)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            #expect(try await Self.zone("us-east-1a", api)["evacuation"] == nil)
        }
    }

    @Test("the capacity says whether the others would hold a zone's tenants, and how many cells to add")
    func capacity() async throws {
        try await Self.withTwoZones(capacity: 1) { api in
            let capacity = try await api.send(.get, "/v1/capacity", as: .viewer).expect(200)
            let cells = try #require(try capacity["cells"]?.array)
            #expect(cells.count == 2)
            #expect(cells[0]["cell"] == "cell-1" && cells[0]["load"] == 2 && cells[0]["headroom"] == 998)
            let zones = try #require(try capacity["zones"]?.array)
            #expect(zones[0]["ifLost"]?["fits"] == false && zones[0]["ifLost"]?["unplaceable"] == 1)
            #expect(zones[0]["ifLost"]?["cellsToAdd"] == 1 && zones[0]["ifLost"]?["beyondNewCells"] == 0)
            #expect(zones[1]["ifLost"]?["fits"] == true && zones[1]["ifLost"]?["tenants"] == 0)
            #expect(try capacity["total"]?["headroom"] == 999)
            try await api.send(.post, "/v1/cells/cell-1:cordon").expect(200)
            let cordoned = try await api.send(.get, "/v1/capacity").expect(200)
            #expect(try cordoned["cells"]?[0]?["headroom"] == 0 && cordoned["total"]?["headroom"] == 1)
        }
    }
}
