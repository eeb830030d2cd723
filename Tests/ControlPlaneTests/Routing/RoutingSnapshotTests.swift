import Bytes
import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingSnapshotTests {
    @Test(
        "every snapshot of a random history equals the model, also after all that came later",
        arguments: SeededRandom.seeds)
    func history(seed: UInt64) throws {
        for point in RoutingHistory(seed: seed, count: 250).points {
            let table = try JSONValue(parsing: point.snapshot.table(nil).bytes)
            #expect(table == point.model.table(point.revision), "seed \(seed) revision \(point.revision)")
            #expect(point.snapshot.tag == RoutingModel.tag(point.revision))
            #expect(point.snapshot.cellCount == point.model.cells.count)
            #expect(point.snapshot.tenantCount == point.model.tenants.count)
            #expect(point.snapshot.hostCount == point.model.hosts.count)
        }
    }

    @Test("two snapshots made of one know nothing of each other")
    func branches() {
        let base = RoutingHistory(seed: 5, count: 50).points.last!.snapshot
        let next = base.revision.next
        let id = TenantID("new")!
        let cell = RoutingModel.cellIDs[0]
        let left = base.applying(
            [
                .tenant(
                    id, RoutedTenant(cell: cell, epoch: .first, state: .serving), hostsBefore: [],
                    hostsAfter: [])
            ],
            revision: next)
        let right = base.applying([.cell(cell, nil)], revision: next)
        #expect(left.tenantCount == base.tenantCount + 1 && right.tenantCount == base.tenantCount)
        #expect(left.cell(cell) != nil && right.cell(cell) == nil)
    }
}
