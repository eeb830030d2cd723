import Bytes
import Compression
import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite struct RoutingSnapshotTableTests {
    /// Of enough tenants and hosts for several segments of each.
    private static let large: RoutingSnapshot = {
        var builder = RoutingSnapshot.Builder(
            incarnation: RoutingModel.incarnation, revision: Revision(rawValue: 1))
        let cell = builder.load(
            cell: CellID("cell-1")!,
            RoutedCell(zone: "us-east-1a", state: .active, endpoints: ["order": "o:80"]))
        for number in 0..<20_000 {
            let tenant = Array("tenant-\(number)".utf8)
            builder.load(tenant: tenant.span, cell: cell, epoch: .first, state: .serving)
            builder.load(host: Array("shop-\(number).example.com".utf8).span, tenant: tenant.span)
        }
        return builder.build()
    }()

    private func change(_ number: Int, epoch: Int64) -> RoutingChange {
        let tenant = RoutedTenant(cell: CellID("cell-1")!, epoch: Epoch(rawValue: epoch), state: .serving)
        return .tenant(TenantID("tenant-\(number)")!, tenant, hostsBefore: [], hostsAfter: [])
    }

    @Test("the table of many segments is one JSON object with every tenant and host")
    func segments() throws {
        let table = try JSONValue(parsing: Self.large.table(nil).bytes)
        #expect(table["tenants"]?.object?.count == 20_000 && table["hosts"]?.object?.count == 20_000)
        #expect(table["tenants"]?["tenant-19999"] == ["cell": "cell-1", "epoch": 1])
        #expect(table["hosts"]?["shop-7.example.com"] == "tenant-7")
    }

    @Test("an empty table is whole")
    func empty() throws {
        let snapshot = RoutingModel.emptySnapshot()
        let expected = #"{"revision":"abcdefgh2345.0","cells":{},"tenants":{},"hosts":{}}"#
        #expect(try String(decoding: snapshot.table(nil).bytes, as: UTF8.self) == expected)
        #expect(
            try decompress(snapshot.table(.gzip).bytes, as: .gzip, bytesMax: 1_000) == Array(expected.utf8))
        #expect(
            try decompress(snapshot.table(.zstd).bytes, as: .zstd, bytesMax: 1_000) == Array(expected.utf8))
    }

    @Test("the compressed bodies hold the same bytes, after changes too", arguments: ContentEncoding.allCases)
    func compressed(encoding: ContentEncoding) throws {
        var snapshot = Self.large
        for epoch in 2...6 as ClosedRange<Int64> {
            let plain = try snapshot.table(nil).bytes
            let packed = try snapshot.table(encoding).bytes
            #expect(try decompress(packed, as: encoding, bytesMax: 10_000_000) == plain)
            #expect(packed.count * 2 < plain.count)
            snapshot = snapshot.applying(
                [change(Int(epoch) * 1_000, epoch: epoch)], revision: Revision(rawValue: epoch))
        }
        let table = try JSONValue(parsing: snapshot.table(nil).bytes)
        #expect(table["tenants"]?["tenant-6000"]?["epoch"] == 6)
    }

    @Test(
        "a body is built once, and is ready only then", arguments: [nil, .gzip, .zstd] as [ContentEncoding?])
    func coalesced(encoding: ContentEncoding?) async throws {
        let snapshot = Self.large.applying([change(1, epoch: 9)], revision: Revision(rawValue: 2))
        #expect(snapshot.readyTable(encoding) == nil)
        let bodies = try await withThrowingTaskGroup(of: SharedBytes.self) { group in
            for _ in 0..<8 { group.addTask { try snapshot.table(encoding) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let ready = try #require(snapshot.readyTable(encoding))
        #expect(bodies.count == 8 && bodies.allSatisfy { $0 === ready })
    }
}
