import Bytes
import JSON
import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite struct RoutingSnapshotBuilderTests {
    private let cell = RoutedCell(zone: "us-east-1a", state: .active, endpoints: ["order": "10.0.0.1:80"])
    private let cellID = CellID("cell-1")!

    private func tenant(_ state: TenantState = .serving) -> RoutedTenant {
        RoutedTenant(cell: cellID, epoch: .first, state: state)
    }

    private func builder(_ revision: Int64, after floor: Int64? = nil) -> RoutingSnapshot.Builder {
        RoutingSnapshot.Builder(
            incarnation: RoutingModel.incarnation, revision: Revision(rawValue: revision), tenants: 10,
            hosts: 10,
            rememberingAfter: floor.map { Revision(rawValue: $0) })
    }

    @Test("a loaded table equals the same table made by changes", arguments: SeededRandom.seeds)
    func loading(seed: UInt64) throws {
        let point = RoutingHistory(seed: seed, count: 150).points.last!
        var builder = builder(point.revision)
        var ordinals: [CellID: CellOrdinal] = [:]
        for (id, cell) in point.model.cells { ordinals[id] = builder.load(cell: id, cell) }
        for (id, tenant) in point.model.tenants {
            let cell = try #require(ordinals[tenant.cell])
            builder.load(
                tenant: Array(id.rawValue.utf8).span, cell: cell, epoch: tenant.epoch, state: tenant.state)
        }
        for (host, tenant) in point.model.hosts {
            builder.load(host: Array(host.utf8).span, tenant: Array(tenant.rawValue.utf8).span)
        }
        let snapshot = builder.build()
        #expect(try JSONValue(parsing: snapshot.table(nil).bytes) == point.model.table(point.revision))
        #expect(snapshot.delta(since: RoutingModel.tag(point.revision)).isUnchanged)
        #expect(snapshot.delta(since: RoutingModel.tag(point.revision - 1)).oldest == snapshot.revision)
    }

    @Test("many revisions built at once end as they do one by one, with the same deltas")
    func batches() throws {
        var random = SeededRandom(seed: 8)
        var model = RoutingModel()
        var single = RoutingModel.emptySnapshot()
        let start = single
        var builder = RoutingSnapshot.Builder(after: start)
        for revision in 1...200 {
            let changes = model.change(using: &random)
            single = single.applying(changes, revision: Revision(rawValue: Int64(revision)))
            builder.apply(changes, revision: Revision(rawValue: Int64(revision)))
        }
        let batch = builder.build()
        #expect(try JSONValue(parsing: batch.table(nil).bytes) == JSONValue(parsing: single.table(nil).bytes))
        for from in [0, 1, 100, 199] as [Int64] {
            let tag = RoutingModel.tag(from)
            let delta = try #require(batch.delta(since: tag).bytes)
            let isSame = delta == single.delta(since: tag).bytes
            #expect(isSame, "since \(from)")
        }
        #expect(start.cellCount == 0)
    }

    @Test("with the changes before the start remembered, a gateway goes on by delta")
    func remembering() throws {
        var first = builder(1)
        _ = first.load(cell: cellID, RoutedCell(zone: "z", state: .active, endpoints: ["old": "x"]))
        first.apply(
            [
                .tenant(TenantID("a")!, tenant(.frozen), hostsBefore: [], hostsAfter: ["a.example.com"]),
                .tenant(TenantID("b")!, tenant(), hostsBefore: [], hostsAfter: []),
            ], revision: Revision(rawValue: 5))
        let before = try JSONValue(parsing: first.build().table(nil).bytes)

        var second = builder(8, after: 5)
        let ordinal = second.load(cell: cellID, cell)
        second.load(tenant: Array("a".utf8).span, cell: ordinal, epoch: .first, state: .serving)
        second.remember(.cell(cellID, endpointsBefore: ["old"]), revision: Revision(rawValue: 6))
        second.remember(.tenant(TenantID("a")!, before: tenant(.frozen)), revision: Revision(rawValue: 7))
        second.remember(.host("a.example.com"), revision: Revision(rawValue: 7))
        second.remember(.tenant(TenantID("b")!, before: tenant()), revision: Revision(rawValue: 8))
        let snapshot = second.build()
        let delta = try #require(snapshot.delta(since: RoutingModel.tag(5)).bytes)
        #expect(try before.applyingDelta(delta) == JSONValue(parsing: snapshot.table(nil).bytes))
        #expect(snapshot.delta(since: RoutingModel.tag(4)).oldest == Revision(rawValue: 5))
    }

    @Test("what a change leaves as it was is in no delta")
    func noChange() throws {
        var builder = builder(1)
        _ = builder.load(cell: cellID, cell)
        let change = RoutingChange.tenant(
            TenantID("a")!, tenant(), hostsBefore: [], hostsAfter: ["a.example.com"])
        builder.apply([change], revision: Revision(rawValue: 2))
        builder.apply([.cell(cellID, cell), change], revision: Revision(rawValue: 3))
        let delta = try #require(builder.build().delta(since: RoutingModel.tag(2)).bytes)
        #expect(
            String(decoding: delta, as: UTF8.self)
                == #"{"from":"abcdefgh2345.2","revision":"abcdefgh2345.3"}"#)
    }
}
