import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Queries")
struct QueriesTests {
    @Test("a tenant's history is newest first, each change with what was before")
    func history() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "t", ["load": 1])
            try await plane.patch(tenant: "t", ["load": 2])
            try await plane.delete(tenant: "t")
            let history = try plane.history(of: .tenant, "t", before: Revision(rawValue: .max), limit: 10)
            #expect(history.map(\.event.revision.rawValue) == [4, 3, 2])
            #expect(history.map { $0.before?.contains(#""load":2"#) } == [true, false, nil])
            let older = try plane.history(of: .tenant, "t", before: Revision(rawValue: 3), limit: 10)
            #expect(older.map(\.event.revision.rawValue) == [2])
        }
    }

    @Test("verdicts say where a tenant would go, and why not elsewhere")
    func verdicts() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(3, capacity: 10)
            try await plane.move(cell: "cell-3", .cordon)
            try await plane.put(tenant: "rival", ["cell": "cell-1"])
            let constraints = PlacementConstraints(avoidTenants: [TenantID("rival")!])
            let verdicts = try plane.verdicts(on: TenantID("new")!, load: 4, constraints)
            #expect(verdicts.map(\.cell.rawValue) == ["cell-2", "cell-1", "cell-3"])
            #expect(verdicts.map(\.chosen) == [true, false, false])
            #expect(verdicts[1].objections == [.antiAffinity(TenantID("rival")!)])
            #expect(verdicts[2].objections == [.cordoned])
            // What is said is what is done.
            let placed = try await plane.put(
                tenant: "new", ["load": 4, "placement": ["avoidTenants": ["rival"]]])
            #expect(try placed.json["cell"] == "cell-2")

            try await plane.patch(tenant: "new", ["load": 10])
            let own = try #require(try plane.verdicts(on: TenantID("new")!))
            #expect(own.tenant.cell.rawValue == "cell-2")
            #expect(own.verdicts.first?.cell.rawValue == "cell-2")
            #expect(own.verdicts.first?.objections == [])
            #expect(try plane.verdicts(on: TenantID("nobody")!) == nil)
        }
    }
}
