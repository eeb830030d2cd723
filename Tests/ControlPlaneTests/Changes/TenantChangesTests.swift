import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Changing tenants")
struct TenantChangesTests {
    @Test("a tenant is placed, changed, suspended, resumed and deleted")
    func life() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            let made = try await plane.put(tenant: "acme", ["hosts": ["Shop.ACME.com"], "load": 5])
            #expect(made.created)
            #expect(try made.json["cell"] == "cell-1")
            #expect(try made.json["epoch"] == 1)
            #expect(try made.json["state"] == "serving")
            #expect(try made.json["hosts"] == ["shop.acme.com"])
            #expect(try made.json["revision"] == 2)
            #expect(try plane.cell(CellID("cell-1")!)?.load == 5)

            try await plane.patch(tenant: "acme", ["load": 8, "pinned": true])
            #expect(try plane.cell(CellID("cell-1")!)?.load == 8)
            let put = try await plane.put(tenant: "acme", ["load": 3])
            #expect(try put.json["hosts"] == [])
            #expect(try put.json["pinned"] == false)
            #expect(try put.json["cell"] == "cell-1")

            #expect(try await plane.move(tenant: "acme", .suspend).json["state"] == "suspended")
            // A write leaves the state alone.
            #expect(try await plane.put(tenant: "acme", ["load": 4]).json["state"] == "suspended")
            #expect(try await plane.move(tenant: "acme", .resume).json["state"] == "serving")
            let gone = try await plane.delete(tenant: "acme")
            #expect(try gone.json["deleted"] == true)
            #expect(try plane.tenant(named: "acme") == nil)
            #expect(try plane.cell(CellID("cell-1")!)?.load == 0)
        }
    }

    @Test("what changes nothing keeps the revision, and makes no event")
    func unchanged() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            let document: JSONValue = [
                "hosts": ["a.com", "b.com"], "labels": ["x": "y"], "placement": ["zones": ["a"]],
            ]
            let first = try await plane.put(tenant: "acme", document)
            for again in [
                try await plane.put(tenant: "acme", document),
                try await plane.put(tenant: "acme", first.json),
                try await plane.put(
                    tenant: "acme",
                    ["hosts": ["A.com.", "b.com"], "labels": ["x": "y"], "placement": ["zones": ["a"]]]),
                try await plane.patch(tenant: "acme", [:]),
                try await plane.patch(tenant: "acme", ["cell": .null]),
                try await plane.move(tenant: "acme", .resume),
            ] {
                #expect(again.tag == first.tag)
                #expect(!again.created)
            }
            #expect(plane.last == 2)
        }
    }

    @Test("what is not there can't be patched, moved or deleted")
    func notFound() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            await refused(.notFound) { try await plane.patch(tenant: "acme", [:]) }
            await refused(.notFound) { try await plane.move(tenant: "acme", .suspend) }
            await refused(.notFound) { try await plane.delete(tenant: "acme") }
        }
    }

    @Test("a host belongs to one tenant, in whatever spelling, and the refusal names it")
    func hostTaken() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "acme", ["hosts": ["bücher.example"]])
            let error = await refused(.hostTaken) {
                try await plane.put(tenant: "other", ["hosts": ["free.com", "BÜCHER.example."]])
            }
            #expect(error?.blockers.map(\.id) == ["acme"])
            #expect(error?.errors.map(\.field) == ["hosts[1]"])
            await refused(.hostTaken) {
                try await plane.put(tenant: "other", ["hosts": ["xn--bcher-kva.example"]])
            }
            #expect(try plane.tenant(named: "other") == nil)
            // Free again once its holder lets it go.
            try await plane.patch(tenant: "acme", ["hosts": .null])
            try await plane.put(tenant: "other", ["hosts": ["bücher.example"]])
            #expect(plane.routing.current.tenant(ofHost: "xn--bcher-kva.example")?.rawValue == "other")
        }
    }

    @Test("a write that would change the cell is refused, and names the move")
    func moveRequired() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2)
            try await plane.put(tenant: "acme", ["cell": "cell-1"])
            let error = await refused(.moveRequired) {
                try await plane.put(tenant: "acme", ["cell": "cell-2"])
            }
            #expect(error?.nextSteps.first?.hasPrefix("POST /v1/tenants/acme:move") == true)
            await refused(.moveRequired) { try await plane.patch(tenant: "acme", ["cell": "cell-2"]) }
            await refused(.stateConflict) { try await plane.patch(tenant: "acme", ["state": "suspended"]) }
            await refused(.stateConflict) { try await plane.patch(tenant: "acme", ["epoch": 2]) }
            #expect(plane.last == 3)
        }
    }

    @Test("a named cell must be there and able, and the refusal says what speaks against it")
    func namedCell() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 5)
            await refused(.notPlaceable) { try await plane.put(tenant: "a", ["cell": "cell-9"]) }
            try await plane.move(cell: "cell-1", .cordon)
            let error = await refused(.notPlaceable) {
                try await plane.put(tenant: "a", ["cell": "cell-1", "load": 6])
            }
            #expect(
                error?.blockers.map(\.message) == [
                    "it is cordoned", "its headroom is 5 units, and 6 are needed",
                ])
            let nowhere = await refused(.notPlaceable) { try await plane.put(tenant: "a") }
            #expect(nowhere?.blockers.map(\.id) == ["cell-1"], "\(String(describing: nowhere))")
        }
    }

    @Test("of two at once for the last place exactly one gets it", arguments: [true, false])
    func lastPlace(named: Bool) async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 1)
            for round in 0..<60 {
                let document: JSONValue = named ? ["cell": "cell-1"] : [:]
                let codes = await withTaskGroup(of: ErrorCode?.self) { group in
                    for rival in ["a", "b", "c"] {
                        group.addTask {
                            await refusal { try await plane.put(tenant: "\(rival)-\(round)", document) }?.code
                        }
                    }
                    var codes: [ErrorCode?] = []
                    for await code in group { codes.append(code) }
                    return codes
                }
                #expect(codes.count { $0 == nil } == 1)
                #expect(codes.count { $0 == .notPlaceable } == 2)
                #expect(try plane.cell(CellID("cell-1")!)?.load == 1)
                for rival in ["a", "b", "c"] where try plane.tenant(named: "\(rival)-\(round)") != nil {
                    try await plane.delete(tenant: "\(rival)-\(round)")
                }
            }
        }
    }

    @Test("a tenant grows as far as its cell has room")
    func growth() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 10)
            try await plane.put(tenant: "a", ["load": 4])
            try await plane.put(tenant: "b", ["load": 3])
            let error = await refused(.notPlaceable) { try await plane.patch(tenant: "a", ["load": 8]) }
            #expect(error?.errors == [FieldError("load", "must be at most 7")])
            try await plane.patch(tenant: "a", ["load": 7])
            // Less is always possible, on a cordoned cell too.
            try await plane.move(cell: "cell-1", .cordon)
            try await plane.patch(tenant: "a", ["load": 1])
            #expect(try plane.cell(CellID("cell-1")!)?.load == 4)
        }
    }

    @Test("a tenant that wants a cell for itself gets one, and keeps others away until it wants it no more")
    func dedicated() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2)
            try await plane.put(tenant: "shared", ["cell": "cell-1"])
            let alone = try await plane.put(tenant: "alone", ["placement": ["dedicated": true]])
            #expect(try alone.json["cell"] == "cell-2")
            await refused(.notPlaceable) { try await plane.put(tenant: "late", ["cell": "cell-2"]) }
            try await plane.put(tenant: "late")
            #expect(try plane.tenant(named: "late")?.cell.rawValue == "cell-1")
            let error = await refused(.notPlaceable) {
                try await plane.patch(tenant: "late", ["placement": ["dedicated": true]])
            }
            #expect(error?.errors.map(\.field) == ["placement.dedicated"])
            try await plane.patch(tenant: "alone", ["placement": .null])
            try await plane.put(tenant: "later", ["cell": "cell-2"])
        }
    }

    @Test("anti-affinity holds whichever of the two comes last")
    func antiAffinity() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2)
            try await plane.put(tenant: "a", ["cell": "cell-1", "placement": ["avoidTenants": ["b"]]])
            await refused(.notPlaceable) { try await plane.put(tenant: "b", ["cell": "cell-1"]) }
            #expect(try await plane.put(tenant: "b").json["cell"] == "cell-2")
            let error = await refusal {
                try await plane.put(tenant: "c", ["cell": "cell-2", "placement": ["avoidTenants": ["b"]]])
            }
            #expect(error?.blockers.map(\.message) == ["it has the tenant 'b', and the two avoid each other"])
        }
    }

    @Test("a name that comes back has an epoch that no cell has seen")
    func epochs() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            for epoch: Int64 in 1...3 {
                #expect(try await plane.put(tenant: "acme").json["epoch"] == .integer(epoch))
                try await plane.delete(tenant: "acme")
            }
            await refused(.stateConflict) { try await plane.put(tenant: "acme", ["epoch": 3]) }
            #expect(try await plane.put(tenant: "acme", ["epoch": 9]).json["epoch"] == 9)
        }
    }

    @Test("the highest epochs stay readable through deletion and return")
    func highestEpoch() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            await refused(.invalidArgument) { try await plane.put(tenant: "a", ["epoch": .integer(.max)]) }
            try await plane.put(tenant: "a", ["epoch": .integer(Limits.firstEpochMax)])
            for _ in 0..<3 {
                let shown = try #require(try plane.tenant(TenantID("a")!)?.shown)
                try await plane.put(tenant: "a", .object(shown))
                try await plane.delete(tenant: "a")
                try await plane.put(tenant: "a")
            }
            #expect(try plane.tenant(named: "a")?.epoch.rawValue == Limits.firstEpochMax + 3)
        }
    }
}
