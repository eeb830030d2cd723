import ControlPlane
import HTTP
import JSON
import Registry
import Testing

@Suite("Drains")
struct DrainEndpointsTests {
    @Test("a drained cell is empty in the store and known to be so by every live gateway")
    func drain() async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin("/v1/cells/cell-1:drain", ["reason": "new disks"])
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "draining")
            #expect(
                try await api.begin("/v1/cells/cell-1:drain") == id,
                "the same drain again is the same operation")
            try await api.send(.post, "/v1/cells/cell-1:activate").expect(409, "stateConflict")
            try await api.send(.post, "/v1/cells/cell-1:retire").expect(409)
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "succeeded" && ended["kind"] == "drain")
            #expect(ended["resource"] == "/v1/cells/cell-1" && ended["progress"]?["completed"] == 4)
            #expect(ended["evidence"]?["tenantsLeft"] == 0)
            #expect(ended["steps"]?.array?.contains { $0["name"] == "observeEmpty" } == true)
            let cell = try await api.send(.get, "/v1/cells/cell-1").expect(200)
            #expect(try cell["state"] == "drained" && cell["tenants"] == 0 && cell["schedulable"] == false)
            let again = try await api.send(.post, "/v1/cells/cell-1:drain").expect(409, "stateConflict")
            #expect(
                try again["nextSteps"] == ["retire it for good, or undrain it to let it serve again"])
            let active = try await api.send(.post, "/v1/cells/cell-1:undrain").expect(200)
            #expect(try active["state"] == "active" && active["schedulable"] == true)
        }
    }

    @Test("an undrain cancels the drain, and every tenant is whole on one cell")
    func undrain() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin("/v1/cells/cell-1:drain")
            try await api.work()
            let back = try await api.send(.post, "/v1/cells/cell-1:undrain").expect(200)
            #expect(try back["state"] == "active")
            #expect(try await api.outcome(of: id)["state"] == "cancelled")
            #expect(try await api.send(.get, "/v1/cells/cell-1")["tenants"] == 4)
            #expect(try await api.send(.get, "/v1/cells/cell-1")["state"] == "active")
            #expect(try await api.tenant("acme", "state") == "serving")
        }
    }

    @Test("If-Match on a cell's action is about the cell, whatever else it changes")
    func conditions() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let seen = try #require(try await api.send(.get, "/v1/cells/cell-1").fields[.etag])
            let id = try await api.begin("/v1/cells/cell-1:drain", fields: [.ifMatch: seen])
            try await api.send(.post, "/v1/cells/cell-1:undrain", fields: [.ifMatch: seen])
                .expect(412, "preconditionFailed")
            let tag = try #require(try await api.send(.get, "/v1/cells/cell-1").fields[.etag])
            let back = try await api.send(.post, "/v1/cells/cell-1:undrain", fields: [.ifMatch: tag])
            #expect(try back.expect(200)["state"] == "active")
            #expect(try await api.outcome(of: id)["state"] == "cancelled")
        }
    }

    @Test("If-Match on a migration's reversal is about the migration, and a zone has nothing to match")
    func otherConditions() async throws {
        try await TestAPI.withFour { api in
            let id = try await api.begin("/v1/cells/cell-1:drain")
            #expect(try await api.outcome(of: id)["state"] == "succeeded")
            let stale = "\"\(api.table.prefix(13))1\""
            try await api.send(.post, "/v1/migrations/\(id):reverse", fields: [.ifMatch: stale])
                .expect(412, "preconditionFailed")
            let tag = try #require(try await api.send(.get, "/v1/migrations/\(id)").fields[.etag])
            let back = try await api.begin("/v1/migrations/\(id):reverse", fields: [.ifMatch: tag])
            #expect(try await api.outcome(of: back)["state"] == "succeeded")
            try await api.send(
                .post, "/v1/zones/us-east-1a:evacuate", ["until": "restored"], fields: [.ifMatch: tag]
            ).expect(412, "preconditionFailed")
        }
    }

    @Test("a cell that was cordoned before its drain is so after its undrain", arguments: [true, false])
    func undrainCordoned(_ isDrained: Bool) async throws {
        try await TestAPI.withFour { api in
            try await api.send(.post, "/v1/cells/cell-1:cordon").expect(200)
            let id = try await api.begin("/v1/cells/cell-1:drain")
            if isDrained { #expect(try await api.outcome(of: id)["state"] == "succeeded") }
            // An evacuation of the zone, where the cell is out of service already, knows nothing of it.
            if isDrained {
                try await api.addCell("cell-4")
                let zone = try await api.begin("/v1/zones/us-east-1a:evacuate", ["expiresIn": "1h"])
                #expect(try await api.outcome(of: zone)["state"] == "succeeded")
            }
            let before = try await api.send(.get, "/v1/cells/cell-1")["revision"]
            let back = try await api.send(.post, "/v1/cells/cell-1:undrain").expect(200)
            #expect(try back["state"] == "active" && back["schedulable"] == false)
            #expect(try back["previousRevision"] == before)
            let again = try await api.send(.post, "/v1/cells/cell-1:undrain").expect(200)
            #expect(try again["state"] == "active" && again["schedulable"] == false)
            try await api.send(.post, "/v1/cells/cell-1:uncordon").expect(200)
        }
    }

    @Test("who goes back because of a cancel has not failed", arguments: [true, false])
    func cancelledCounts(_ isBegun: Bool) async throws {
        try await TestAPI.withFour { api in
            // One that does not follow keeps the batches at their announcement.
            try await api.acknowledge()
            let id = try await api.begin("/v1/cells/cell-1:drain", ["batchSize": 1])
            if isBegun { try await api.work() }
            try await api.send(.post, "/v1/operations/\(id):cancel").expect(200)
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "cancelled")
            #expect(ended["progress"] == ["total": 4, "completed": 0, "failed": 0, "inFlight": 0])
            let last = ended["log"]?.array?.last?["message"]
            #expect(last == "cancelled: 0 tenants moved, 4 left where they were")
            let batches = try await api.send(.get, "/v1/migrations/\(id)").expect(200)["batches"]?.array
            #expect(batches?.count == 4 && batches?.allSatisfy { $0["failed"] == 0 } == true)
            let back = try await api.send(.get, "/v1/migrations/\(id)/tenants?state=returned").expect(200)
            #expect(try back["items"]?.array?.count == 4)
        }
    }

    @Test("who goes back at the deadline has failed")
    func lateCounts() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            let id = try await api.begin(
                "/v1/cells/cell-1:drain", ["deadline": "1s", "freezeDeadline": "1s", "batchSize": 2])
            try await api.work()
            api.clock.advance(by: .seconds(2))
            let ended = try await api.outcome(of: id)
            #expect(ended["state"] == "failed" && ended["progress"]?["failed"] == 4)
            #expect(ended["log"]?.array?.last?["message"] == "failed: 0 tenants moved, 4 failed")
        }
    }

    @Test("a cancelled drain gives the cell back as it was before")
    func cancelledDrain() async throws {
        try await TestAPI.withFour { api in
            try await api.acknowledge()
            try await api.send(.post, "/v1/cells/cell-1:cordon").expect(200)
            let id = try await api.begin("/v1/cells/cell-1:drain")
            try await api.work()
            try await api.send(.post, "/v1/migrations/\(id):cancel").expect(200)
            #expect(try await api.outcome(of: id)["state"] == "cancelled")
            let cell = try await api.send(.get, "/v1/cells/cell-1").expect(200)
            #expect(try cell["state"] == "active" && cell["schedulable"] == false)
        }
    }
}
