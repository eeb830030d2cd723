import Bytes
import JSON
import Registry
import Store
import Synchronization
import TestRandom
import Testing

@testable import ControlPlane

@Suite("What the control plane keeps in memory")
struct ControlPlaneTests {
    /// A table that some gateway may still have.
    private struct Known: Sendable {
        var tag: RevisionTag
        var table: JSONValue
    }

    @Test(
        "memory is what a fresh start would read, and deltas lead there from every table before, across a restart",
        arguments: SeededRandom.seeds)
    func follows(_ seed: UInt64) async throws {
        try await TemporaryControlPlane.with { temporary in
            var someone = RandomOperator(seed: seed)
            var known: [Known] = []
            for start in 0..<3 {
                try await temporary.withPlane { plane in
                    try Self.checkDeltas(from: known, in: plane, "seed \(seed), start \(start)")
                    if start == 0 {
                        for number in 1...5 {
                            try await plane.put(
                                cell: "cell-\(number)", ["zone": "a", "state": "active", "capacity": 6])
                        }
                    }
                    for _ in 0..<60 {
                        temporary.time.advance(.milliseconds(7))
                        try await someone.act(on: plane)
                        if known.last?.tag != plane.routing.current.tag {
                            known.append(Known(tag: plane.routing.current.tag, table: try plane.table))
                        }
                    }
                    try Self.checkAgainstStore(plane, "seed \(seed), start \(start)")
                    try Self.checkDeltas(from: known, in: plane, "seed \(seed), start \(start)")
                    try Self.checkOwnership(plane, "seed \(seed), start \(start)")
                }
            }
            #expect(known.count > 20, "seed \(seed)")
        }
    }

    @Test("many writers at once leave memory as the store has it", arguments: SeededRandom.seeds)
    func concurrent(_ seed: UInt64) async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(5, capacity: 6)
            let start = Known(tag: plane.routing.current.tag, table: try plane.table)
            try await withThrowingTaskGroup { group in
                for number in 0..<6 {
                    group.addTask {
                        var someone = RandomOperator(seed: seed &+ UInt64(number))
                        for _ in 0..<40 { try await someone.act(on: plane) }
                    }
                }
                group.addTask {
                    // A reader never sees the revision go back.
                    var last = Revision.zero
                    for _ in 0..<200 {
                        let now = plane.routing.current.revision
                        #expect(now >= last)
                        last = now
                        await Task.yield()
                    }
                }
                try await group.waitForAll()
            }
            try Self.checkAgainstStore(plane, "seed \(seed)")
            try Self.checkDeltas(from: [start], in: plane, "seed \(seed)")
        }
    }

    private static func checkAgainstStore(_ plane: ControlPlane, _ comment: Comment) throws {
        let fresh = try plane.store.read { try RoutingFeed(loading: $0) }
        #expect(try JSONValue(parsing: fresh.snapshot.table(nil).bytes) == plane.table, comment)
        #expect(fresh.revision == plane.revision.revision, comment)
        #expect(fresh.snapshot.tag == plane.routing.current.tag, comment)
        #expect(fresh.snapshot.tenantCount == plane.routing.current.tenantCount, comment)
        #expect(fresh.snapshot.hostCount == plane.routing.current.hostCount, comment)
    }

    private static func checkDeltas(from known: [Known], in plane: ControlPlane, _ comment: Comment) throws {
        let table = try plane.table
        for old in known {
            let result = plane.routing.current.delta(since: old.tag)
            if result.isUnchanged {
                #expect(old.table == table, comment)
            } else {
                let bytes = try #require(result.bytes, comment)
                #expect(try old.table.applyingDelta(bytes) == table, "\(comment), since \(old.tag)")
            }
        }
    }

    private static func checkOwnership(_ plane: ControlPlane, _ comment: Comment) throws {
        let table = try plane.table
        for (cell, _) in try #require(table["cells"]?.object) {
            let bytes = try #require(CellID(cell).flatMap { plane.routing.current.ownership(of: $0) })
            let owned = try JSONValue(parsing: bytes)["tenants"]?.object?.keys ?? []
            let tenants =
                table["tenants"]?.object?.filter { $0.value["cell"]?.string == cell }.map(\.key) ?? []
            #expect(Set(owned) == Set(tenants), comment)
        }
    }

    @Test("listeners hear of commits once they can be seen, and of routing only where there is some")
    func listeners() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let heard = Heard()
            plane.onCommit { [weak plane] revision in
                heard.add("commit \(revision), seen \(plane?.last == revision.rawValue)")
            }
            plane.onRouting { heard.add("routing") }
            try await plane.addCells(1)
            try await plane.patch(cell: "cell-1", ["labels": ["a": "b"]])
            try await plane.patch(cell: "cell-1", [:])
            try await plane.put(tenant: "t", [:], How(dryRun: true))
            try await plane.registerGateway("gw", applied: nil)
            #expect(heard.all == ["routing", "commit 1, seen true", "commit 2, seen true"])
        }
    }

    @Test("the routing revision moves with what gateways see alone")
    func routingRevision() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "t")
            let tag = plane.routing.current.tag
            try await plane.patch(tenant: "t", ["load": 5, "labels": ["a": "b"], "pinned": true])
            try await plane.patch(cell: "cell-1", ["capacity": 99])
            try await plane.move(cell: "cell-1", .cordon)
            try await plane.change(How()) {
                try $0.createToken(TokenRequest(name: "k", role: .viewer))
            }
            #expect(plane.routing.current.tag == tag)
            #expect(plane.last == tag.revision.rawValue + 4)
            try await plane.move(tenant: "t", .suspend)
            #expect(plane.routing.current.tag == plane.revision)
        }
    }
}

/// What listeners heard, in order.
private final class Heard: Sendable {
    private let list = Mutex<[String]>([])
    func add(_ text: String) { list.withLock { $0.append(text) } }
    var all: [String] { list.withLock { $0 } }
}
