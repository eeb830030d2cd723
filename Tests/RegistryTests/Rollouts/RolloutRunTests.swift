import Testing

@testable import Registry

@Suite("A rollout, step by step")
struct RolloutRunTests {
    @Test("waves follow each other, each once the one before it has baked")
    func waves() throws {
        var world = try RolloutWorld(6)
        #expect(world.state == .pending)
        try world.changeAll()
        #expect(world.state == .running && world.run.rollout.wave == 1)
        #expect(world.cell(1).state == .baking && world.cell(2).state == .pending)
        world.wait(59)
        #expect(try world.claim() == nil)
        world.wait(1)
        try world.changeAll()
        #expect(world.run.rollout.wave == 2)
        #expect(world.cell(1).state == .succeeded)
        world.wait(60)
        try world.advance()
        #expect(world.state == .succeeded && world.run.rollout.endedAt == world.now)
        #expect(try world.claim() == nil)
    }

    @Test("no more than maxParallel are changed at once; those that bake take no place")
    func parallel() throws {
        var world = try RolloutWorld(
            6,
            .quick.with {
                $0.canary = []; $0.maxParallel = 2
            })
        let first = try #require(try world.claim())
        #expect(try world.claim() != nil)
        #expect(try world.claim() == nil)
        try world.report(first)
        #expect(try world.claim() != nil)
        #expect(try world.claim() == nil)
    }

    @Test("a zone never has more unavailable cells than it may, failed ones counted")
    func zoneLimit() throws {
        var world = try RolloutWorld(
            9,
            .quick.with {
                $0.canary = []; $0.maxUnavailablePerZone = .count(1); $0.failureBudget = .count(5)
            })
        let works = try (0..<3).map { _ in try #require(try world.claim()) }
        #expect(try world.claim() == nil)
        try world.report(works[0], healthy: false)
        try world.report(works[1])
        let next = try #require(try world.claim())
        #expect(world.run.cells.first { $0.cell == next.cell }?.zone == "b")
        #expect(try world.claim() == nil)
        let blockers = try world.advance().blockers
        #expect(blockers.contains { $0.kind == "zone" && $0.id == "a" && $0.message.contains("cell-1") })
    }

    @Test("failures within the budget are put up with; one more undoes what was changed, and that alone")
    func budget() throws {
        var world = try RolloutWorld(6, .quick.with { $0.failureBudget = .count(1) })
        try world.changeAll()
        world.wait(60)
        let works = try (0..<3).map { _ in try #require(try world.claim()) }
        try world.report(works[0], healthy: false)
        try world.advance()
        #expect(world.state == .running)
        try world.report(works[1], healthy: false, message: "crash loop")
        try world.advance()
        #expect(world.state == .rollingBack)
        #expect(world.run.rollout.cause?.kind == .failureBudget)
        #expect(world.cell(5).state == .skipped && world.cell(6).state == .skipped)
        // The third worker is still at it: its cell waits for its word or the end of its lease.
        var back: [CellID] = []
        while let work = try world.claim() {
            #expect(work.action == .rollback && work.target.release == ReleaseName("v1.0.0"))
            back.append(work.cell)
            try world.report(work)
        }
        #expect(back == [works[1].cell, works[0].cell, CellID("cell-1")!])
        #expect(try world.advance().blockers.contains { $0.id == works[2].cell.rawValue })
        try world.report(works[2])
        let last = try #require(try world.claim())
        #expect(last.cell == works[2].cell)
        try world.report(last)
        try world.advance()
        #expect(world.state == .rolledBack)
        #expect(world.run.cells.filter(\.life.isTouched).allSatisfy { $0.state == .rolledBack })
    }

    @Test("a canary that failed whole is never within the budget")
    func deadCanary() throws {
        var world = try RolloutWorld(6, .quick.with { $0.failureBudget = .count(3) }, onFailure: .pause)
        let work = try #require(try world.claim())
        try world.report(work, healthy: false)
        try world.advance()
        #expect(world.state == .paused && world.run.rollout.cause?.kind == .waveFailed)
        try world.run.resume(at: world.now)
        try world.advance()
        #expect(world.state == .running && world.run.rollout.wave == 2)
    }

    @Test("after a pause for failures a retry takes the failed up again, and a resume puts up with them")
    func pauseOnFailure() throws {
        for retries in [true, false] {
            var world = try RolloutWorld(3, .quick.with { $0.canary = [] }, onFailure: .pause)
            let works = try (0..<3).map { _ in try #require(try world.claim()) }
            try world.report(works[0], healthy: false)
            try world.report(works[1])
            try world.report(works[2])
            try world.advance()
            #expect(world.state == .paused)
            if retries { try world.retry() } else { try world.run.resume(at: world.now) }
            world.wait(60)
            let again = try world.claim()
            #expect((again != nil) == retries)
            if let again { try world.report(again) }
            world.wait(60)
            try world.advance()
            #expect(world.state == .succeeded)
            #expect(world.cell(1).state == (retries ? .succeeded : .failed))
        }
    }

    @Test("a cell of an earlier wave that is tried again must bake before the wave goes on")
    func retriedEarlier() throws {
        var world = try RolloutWorld(
            6,
            .quick.with {
                $0.canary = [1, 2].map { CellID("cell-\($0)")! }; $0.failureBudget = .count(1)
            })
        let works = try (0..<2).map { _ in try #require(try world.claim()) }
        try world.report(works[0], healthy: false)
        try world.report(works[1])
        world.wait(60)
        let begun = try #require(try world.claim())
        #expect(world.run.rollout.wave == 2)
        try world.retry(1)
        let again = try #require(try world.claim())
        #expect(again.cell == works[0].cell)
        try world.report(again)
        #expect(try world.claim() == nil)
        world.wait(60)
        #expect(try world.claim() != nil)
        #expect(world.run.cells.first { $0.cell == begun.cell }?.state == .updating)
    }

    @Test("a cell that turns bad after its bake counts while the rollout runs")
    func lateFailure() throws {
        var world = try RolloutWorld(6)
        let work = try #require(try world.claim())
        try world.report(work)
        world.wait(60)
        try world.advance()
        #expect(world.cell(1).state == .succeeded)
        try world.report(work, healthy: false)
        try world.advance()
        #expect(world.state == .rollingBack)
    }
}
