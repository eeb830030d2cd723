import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingSnapshotOwnershipTests {
    @Test("a cell's list equals the model's", arguments: SeededRandom.seeds)
    func list(seed: UInt64) throws {
        for point in RoutingHistory(seed: seed, count: 60).points {
            for cell in RoutingModel.cellIDs {
                let json = try point.snapshot.ownership(of: cell).map { try JSONValue(parsing: $0) }
                let isThere = point.model.cells[cell] != nil
                #expect(
                    json == (isThere ? point.model.ownership(of: cell, point.revision) : nil), "seed \(seed)")
            }
        }
    }

    @Test("what was found unchanged up to a revision need not be read again", arguments: SeededRandom.seeds)
    func unchangedUntil(seed: UInt64) throws {
        let points = RoutingHistory(seed: seed, count: 60).points
        var found = 0
        for (index, now) in points.enumerated() where index % 7 == 0 {
            for (at, middle) in points[..<index].enumerated() {
                for from in points[..<at] {
                    for cell in RoutingModel.cellIDs {
                        let tag = RoutingModel.tag(from.revision)
                        guard let known = middle.snapshot.ownershipDelta(of: cell, since: tag),
                            known.isUnchanged,
                            let whole = now.snapshot.ownershipDelta(of: cell, since: tag)
                        else { continue }
                        let rest = now.snapshot.ownershipDelta(
                            of: cell, since: tag, unchangedUntil: middle.snapshot.revision)
                        let before = from.model.ownership(of: cell, from.revision)
                        let empty = now.snapshot.emptyDelta(from: from.snapshot.revision)
                        found += 1
                        #expect(
                            try before.applyingDelta(rest?.bytes ?? empty)
                                == before.applyingDelta(whole.bytes ?? empty),
                            "seed \(seed), \(from.revision), \(middle.revision), \(now.revision)")
                    }
                }
            }
        }
        #expect(found > 0)
    }

    @Test("any older list with the delta merged into it is the newer list", arguments: SeededRandom.seeds)
    func property(seed: UInt64) throws {
        let points = RoutingHistory(seed: seed, count: 100).points
        for (index, now) in points.enumerated() where index % 7 == 0 {
            for from in points[..<index] {
                for cell in RoutingModel.cellIDs {
                    let tag = RoutingModel.tag(from.revision)
                    guard let result = now.snapshot.ownershipDelta(of: cell, since: tag) else {
                        #expect(now.model.cells[cell] == nil)
                        continue
                    }
                    let before = from.model.ownership(of: cell, from.revision)
                    let delta = result.bytes ?? now.snapshot.emptyDelta(from: from.snapshot.revision)
                    let merged = try before.applyingDelta(delta)
                    #expect(
                        merged == now.model.ownership(of: cell, now.revision),
                        "seed \(seed), \(from.revision)")
                }
            }
        }
    }

    @Test("what concerns another cell is no change of the list; a tenant's state is one")
    func others() throws {
        let (one, two) = (RoutingModel.cellIDs[0], RoutingModel.cellIDs[1])
        let cell = RoutedCell(zone: "z", state: .active, endpoints: [:])
        func tenant(_ name: String, on cell: CellID, _ state: TenantState) -> RoutingChange {
            .tenant(
                TenantID(name)!, RoutedTenant(cell: cell, epoch: .first, state: state), hostsBefore: [],
                hostsAfter: [])
        }
        let snapshot = RoutingModel.emptySnapshot()
            .applying(
                [.cell(one, cell), .cell(two, cell), tenant("a", on: one, .serving)],
                revision: Revision(rawValue: 1)
            )
            .applying(
                [tenant("b", on: two, .serving)], revision: Revision(rawValue: 2))
        #expect(try #require(snapshot.ownershipDelta(of: one, since: RoutingModel.tag(1))).isUnchanged)
        let frozen = snapshot.applying([tenant("a", on: one, .frozen)], revision: Revision(rawValue: 3))
        let delta = try #require(frozen.ownershipDelta(of: one, since: RoutingModel.tag(2))?.bytes)
        #expect(String(decoding: delta, as: UTF8.self).contains(#""a":{"epoch":1,"state":"frozen"}"#))
        let thawed = frozen.applying([tenant("a", on: one, .serving)], revision: Revision(rawValue: 4))
        let thaw = try #require(thawed.ownershipDelta(of: one, since: RoutingModel.tag(3))?.bytes)
        #expect(String(decoding: thaw, as: UTF8.self).contains(#""a":{"epoch":1,"state":null}"#))
        #expect(try #require(snapshot.ownershipDelta(of: two, since: RoutingModel.tag(1))).bytes != nil)
        #expect(try #require(snapshot.ownershipDelta(of: two, since: RoutingModel.tag(3))).isAhead)
        #expect(snapshot.ownershipDelta(of: CellID("cell-99")!, since: RoutingModel.tag(1)) == nil)
    }
}
