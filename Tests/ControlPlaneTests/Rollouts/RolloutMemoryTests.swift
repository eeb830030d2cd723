import JSON
import Registry
import SQLite
import Testing

@testable import ControlPlane
@testable import Store

@Suite("A rollout in the writer's memory")
struct RolloutMemoryTests {
    private struct Broken: Error {}

    @Test("it is what stands in the file after each step, whoever else changes cells and services meanwhile")
    func steps() async throws {
        let fleet = try await RollingFleet()
        let id = try await fleet.create(["maxParallel": 2])
        try await fleet.expectMemoryIsTrue(id, "made")
        try await fleet.advance()
        try await fleet.expectMemoryIsTrue(id, "begun")
        let first = try #require(try await fleet.claim(id))
        try await fleet.expectMemoryIsTrue(id, "claimed")
        try await fleet.report(first, id, healthy: nil)
        try await fleet.report(first, id)
        try await fleet.expectMemoryIsTrue(id, "reported")
        try await fleet.plane.patch(
            cell: "cell-3", ["health": ["status": "unhealthy", "observedAt": "2026-01-31T12:00:00Z"]])
        try await fleet.plane.move(cell: "cell-4", .drain)
        try await fleet.expectMemoryIsTrue(id, "cells have changed")
        fleet.time.advance(.seconds(60))
        try await fleet.advance()
        try await fleet.expectMemoryIsTrue(id, "baked")
        try await fleet.plane.put(cell: "cell-7", ["zone": "a", "state": "provisioning", "capacity": 1])
        try await fleet.plane.delete(cell: "cell-7")
        try await fleet.changeAll(id)
        try await fleet.expectMemoryIsTrue(id, "a cell has come and gone")
        try await fleet.act(.rollBack, on: id)
        try await fleet.expectMemoryIsTrue(id, "turned back")
        try await fleet.finish(id)
        try await fleet.expectMemoryIsTrue(id, "ended")
        #expect(try fleet.state(id) == .rolledBack)
    }

    @Test("what is rehearsed, or fails after it was saved, is forgotten")
    func undone() async throws {
        let fleet = try await RollingFleet()
        let id = try await fleet.create()
        try await fleet.advance()
        let before = try fleet.takeState()
        let (plane, request) = (fleet.plane, ClaimRequest(worker: "w"))
        for _ in 1...2 {
            var how = How()
            how.dryRun = true
            try await plane.change(how) { try $0.claim(request, of: id, at: plane.rolloutTime) }
            #expect(try fleet.takeState() == before)
            try await fleet.expectMemoryIsTrue(id, "rehearsed")
            _ = await refusal {
                try await fleet.write { change in
                    _ = try change.claim(request, of: id, at: plane.rolloutTime)
                    throw Broken()
                }
            }
            #expect(try fleet.takeState() == before)
            try await fleet.expectMemoryIsTrue(id, "failed")
        }
        try await fleet.finish(id)
        try fleet.expectWhole(id)
    }

    @Test("a group of writes that a full disk has undone is forgotten whole")
    func diskFull() async throws {
        let fleet = try await RollingFleet(cells: 30)
        let id = try await fleet.create(["canary": [], "maxParallel": 30])
        try await fleet.advance()
        let pages = try await fleet.write { change in
            let pages = try change.transaction.connection.first("PRAGMA page_count") { $0.int(0) } ?? 0
            try change.transaction.connection.run("PRAGMA max_page_count = \(pages + 20)")
            return pages
        }
        let store = fleet.store
        let plane = fleet.plane
        let gate = Gate()
        let claimed = await withTaskGroup(of: Bool.self) { group in
            // Holds the writer back until the others have queued behind it.
            group.addTask {
                _ = try? await store.write(as: ChangeContext(principal: .system, operation: "gate")) { _ in
                    gate.pass()
                }
                return false
            }
            for number in 0..<12 {
                group.addTask {
                    let context = ChangeContext(principal: .system, operation: "test")
                    let outcome = try? await store.write(as: context) { transaction in
                        let outcome = try Change(transaction).claim(
                            ClaimRequest(worker: "w\(number)"), of: id, at: plane.rolloutTime)
                        if number == 7 {
                            try transaction.connection.run(
                                "UPDATE rollouts SET reason = $1", String(repeating: "x", count: 2_000_000))
                        }
                        return outcome.isNothing
                    }
                    return outcome == false
                }
            }
            try? await gate.reached()
            try? await Task.sleep(for: .milliseconds(200))
            gate.open()
            var claimed = 0
            for await isClaimed in group where isClaimed { claimed += 1 }
            return claimed
        }
        #expect(claimed < 12)
        try await fleet.write {
            _ = try $0.transaction.connection.run("PRAGMA max_page_count = \(pages + 9_000)")
        }
        try await fleet.expectMemoryIsTrue(id, "after the full disk")
        #expect(try fleet.run(id).cells.count { $0.state == .updating } == claimed)
        fleet.time.advance(.seconds(700))
        try await fleet.finish(id)
        try fleet.expectWhole(id)
    }

    @Test("a step reads as many rows with a thousand cells as with ten")
    func constant() async throws {
        var rows: [Int] = []
        for cells in [10, 1000] {
            let fleet = try await RollingFleet(cells: cells)
            let id = try await fleet.create(["canary": [], "maxParallel": 5])
            try await fleet.advance()
            let warm = try #require(try await fleet.claim(id))
            try await fleet.report(warm, id)
            let before = try await fleet.rowsRead()
            for _ in 1...3 {
                let work = try #require(try await fleet.claim(id))
                try await fleet.report(work, id)
            }
            rows.append(try await fleet.rowsRead() - before)
        }
        #expect(rows[0] > 0 && rows[1] <= rows[0] + 10, "\(rows)")
    }
}

extension RollingFleet {
    /// By the writer, so far.
    fileprivate func rowsRead() async throws -> Int { try await write { $0.transaction.connection.rowsRead } }
}
