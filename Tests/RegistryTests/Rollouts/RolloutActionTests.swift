import JSON
import Testing

@testable import Registry

@Suite("What operators do to a rollout")
struct RolloutActionTests {
    @Test("a wave that must be approved waits, and its time-out does what it says")
    func approval() throws {
        for onTimeout in ApprovalSpec.OnTimeout.allCases {
            var world = try RolloutWorld(
                3,
                .quick.with {
                    $0.approval = ApprovalSpec(waves: [2], timeout: .seconds(3600), onTimeout: onTimeout)
                })
            try world.changeAll()
            world.wait(60)
            #expect(try world.advance().blockers.map(\.kind) == ["approval"])
            #expect(world.state == .awaitingApproval)
            world.wait(3600)
            try world.advance()
            let expected: RolloutState =
                switch onTimeout {
                case .pause: .paused
                case .approve: .running
                case .rollback: .rollingBack
                case .abort: .aborted
                }
            #expect(world.state == expected)
            if onTimeout == .approve { #expect(world.run.rollout.wave == 2) }
        }
    }

    @Test("an approval names its wave and may be repeated; a rejection is a failure")
    func approving() throws {
        var world = try RolloutWorld(3, .quick.with { $0.approval = ApprovalSpec() })
        try world.advance()
        #expect(world.state == .awaitingApproval && world.run.rollout.wave == 0)
        #expect(throws: RegistryError.self) { try world.run.approve(wave: 2, "", at: world.now) }
        try world.run.approve(wave: 1, "looks good", at: world.now)
        try world.run.approve(wave: 1, "again", at: world.now)
        try world.changeAll()
        #expect(world.run.rollout.wave == 1)
        world.wait(60)
        try world.advance()
        #expect(world.state == .awaitingApproval)
        try world.run.reject(wave: nil, "slow", at: world.now)
        #expect(world.state == .rollingBack)
        #expect(world.run.rollout.cause == RolloutCause(.rejected, "slow"))
    }

    @Test("an abort stops at once, and keeps others from cells whose worker may still be at it")
    func abort() throws {
        var world = try RolloutWorld(3, .quick.with { $0.canary = [] })
        let work = try #require(try world.claim(lease: .seconds(60)))
        try world.run.abort("enough", at: world.now)
        #expect(world.state == .aborted && world.cell(1).state == .abandoned)
        #expect(world.cell(2).state == .skipped)
        #expect(world.cell(1).isLeased(at: world.now))
        try world.report(work)
        #expect(world.cell(1).state == .abandoned && !world.cell(1).isLeased(at: world.now))
        try world.run.rollBack("undo it", at: world.now)
        let back = try #require(try world.claim())
        #expect(back.cell == work.cell && back.action == .rollback)
    }

    @Test("a rollout that has succeeded can be undone, but for cells that a later one has changed")
    func undoneAfterTheEnd() throws {
        var world = try RolloutWorld(3, .quick.with { $0.canary = [] })
        try world.changeAll()
        world.wait(60)
        try world.advance()
        #expect(world.state == .succeeded)
        world.surroundings.facts[CellID("cell-2")!] = CellFacts(
            state: .active, takenBy: RolloutID("rollout-bbbbbbbbbbbb"))
        try world.run.rollBack("", at: world.now)
        try world.changeAll()
        #expect(world.state == .rolledBack)
        #expect(world.cell(1).state == .rolledBack && world.cell(3).state == .rolledBack)
        #expect(world.cell(2).state == .skipped && world.cell(2).message.contains("rollout-bbbbbbbbbbbb"))
    }

    @Test("a cell that can't be brought back ends the rollback as failed, and can be tried again")
    func failedRollback() throws {
        var world = try RolloutWorld(3)
        try world.changeAll()
        try world.run.rollBack("", at: world.now)
        let back = try #require(try world.claim())
        try world.report(back, healthy: false, message: "stuck pod")
        try world.advance()
        #expect(world.state == .failed && world.cell(1).message == "stuck pod")
        try world.retry()
        try world.changeAll()
        #expect(world.state == .rolledBack)
    }

    @Test("a pause begins nothing, brings what was begun to its end, and a paused rollback goes on as one")
    func pausing() throws {
        var world = try RolloutWorld(3, .quick.with { $0.canary = [] })
        let work = try #require(try world.claim())
        try world.run.pause("lunch", at: world.now)
        #expect(try world.claim() == nil)
        try world.report(work)
        world.wait(60)
        try world.advance()
        #expect(world.cell(1).state == .succeeded && world.state == .paused)
        try world.run.rollBack("", at: world.now)
        try world.run.pause("wait", at: world.now)
        #expect(try world.claim() == nil)
        try world.run.resume(at: world.now)
        #expect(world.state == .rollingBack)
        try world.changeAll()
        #expect(world.state == .rolledBack)
    }

    @Test("what is shown names the state, the waves, the progress and whom it waits for")
    func shown() throws {
        var world = try RolloutWorld(6, .quick.with { $0.approval = ApprovalSpec(waves: [2]) })
        try world.changeAll()
        let step = try world.advance()
        let shown = JSONValue.object(world.run.shown(step, uncovered: [CellID("cell-7")!]))
        #expect(shown["state"] == "running" && shown["done"] == false && shown["direction"] == "forward")
        #expect(shown["waves"]?[0]?["state"] == "baking" && shown["waves"]?[1]?["state"] == "waiting")
        #expect(shown["progress"]?["total"] == 6 && shown["progress"]?["baking"] == 1)
        #expect(shown["blockers"]?[0]?["id"] == "cell-1")
        #expect(shown["uncovered"] == ["cell-7"])
        let cell = JSONValue.object(world.cell(1).document(world.run.rollout.strategy))
        #expect(cell["bake"]?["until"]?.string == "2026-03-01T10:01:00.000Z")
        #expect(cell["before"]?["order-service"]?["release"] == "v1.0.0")
        world.wait(60)
        let waiting = try world.advance()
        let asked = JSONValue.object(world.run.shown(waiting))
        #expect(asked["approvalAsked"]?["wave"] == 2)
        #expect(asked["nextSteps"]?[0]?.string?.hasSuffix(":approve") == true)
    }
}
