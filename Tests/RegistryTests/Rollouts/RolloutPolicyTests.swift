import Testing

@testable import Registry

@Suite("What a rollout waits for, passes over and stops at")
struct RolloutPolicyTests {
    @Test("cells that drain, are drained, retired or gone are left as they are, and say why")
    func skipped() throws {
        var world = try RolloutWorld(6)
        world.surroundings.facts = [
            CellID("cell-2")!: CellFacts(state: .draining), CellID("cell-3")!: CellFacts(state: .drained),
            CellID("cell-4")!: CellFacts(state: .retired), CellID("cell-5")!: CellFacts(state: nil),
            CellID("cell-6")!: CellFacts(state: .active, runsAlready: true),
        ]
        try world.changeAll()
        #expect(world.cell(2).state == .pending)
        world.wait(60)
        try world.advance()
        #expect(world.state == .succeeded)
        for number in 2...6 {
            #expect(world.cell(number).state == .skipped && !world.cell(number).message.isEmpty)
        }
    }

    @Test(
        "a drain that begins while a cell is changed lets the change end; one before it leaves the cell alone"
    )
    func drainInBetween() throws {
        var world = try RolloutWorld(
            3,
            .quick.with {
                $0.canary = []; $0.maxParallel = 1
            })
        let work = try #require(try world.claim())
        world.surroundings.facts = [
            work.cell: CellFacts(state: .draining), CellID("cell-2")!: CellFacts(state: .draining),
        ]
        try world.advance()
        #expect(world.cell(1).state == .updating && world.cell(2).state == .skipped)
        try world.report(work)
        #expect(try world.claim()?.cell == CellID("cell-3"))
    }

    @Test("a closed calendar and an interlock hold, by name, and are no stall")
    func holds() throws {
        var world = try RolloutWorld(6, .quick.with { $0.canary = [] })
        let calendar = Blocker(kind: "policy", id: "changeCalendar", message: "closed")
        world.surroundings.holds = [calendar]
        #expect(try world.advance().blockers == [calendar])
        #expect(world.state == .pending)
        world.surroundings.holds = []
        let work = try #require(try world.claim(lease: .seconds(60)))
        world.surroundings.holds = [calendar]
        #expect(try world.claim() == nil)
        world.wait(60)
        #expect(try world.claim()?.cell == work.cell, "what is half changed is brought to its end")
        world.surroundings.holds = []
        let backup = Blocker(kind: "backup", id: "b-1", message: "runs on cell-2")
        world.surroundings.facts[CellID("cell-2")!] = CellFacts(state: .active, holds: [backup])
        let step = try world.advance()
        #expect(!step.claimable.contains(1) && step.blockers.contains(backup))
        #expect(try world.claim()?.cell == CellID("cell-3"))
    }

    @Test("what is out of reach is passed over, waited for or counts as failed, as the strategy says")
    func unreachable() throws {
        for policy in RolloutStrategy.Unreachable.allCases {
            var world = try RolloutWorld(
                3,
                .quick.with {
                    $0.canary = []; $0.unreachable = policy
                }, onFailure: .pause)
            let work = try #require(try world.claim())
            try world.run.report(
                CellReport(
                    token: work.claim.token, release: nil, healthy: nil, isReachable: false,
                    observedAt: world.now, message: "no route"), of: work.cell, at: world.now)
            #expect(world.cell(1).state == .unreachable)
            try world.changeAll()
            world.wait(60)
            let step = try world.advance()
            switch policy {
            case .skip: #expect(world.state == .succeeded)
            case .fail: #expect(world.state == .paused)
            case .wait:
                #expect(world.state == .running)
                #expect(step.blockers.contains { $0.id == "cell-1" && $0.message.contains("no route") })
                let again = try #require(try world.claim())
                #expect(again.cell == work.cell && again.attempt == 2)
                try world.report(again)
                world.wait(60)
                try world.advance()
                #expect(world.state == .succeeded)
            }
        }
    }

    @Test("at its deadline a cell that was never heard of is out of reach, and one that was has failed")
    func deadline() throws {
        for wasHeard in [true, false] {
            var world = try RolloutWorld(3, onFailure: .pause)
            let work = try #require(try world.claim(lease: .seconds(1800)))
            world.wait(300)
            if wasHeard { try world.report(work, healthy: nil, message: "1 of 3 pods") }
            world.wait(299)
            try world.advance()
            #expect(world.cell(1).state == .updating)
            world.wait(1)
            try world.advance()
            #expect(world.cell(1).state == (wasHeard ? .failed : .unreachable))
            if wasHeard { #expect(world.cell(1).message.contains("1 of 3 pods")) }
            #expect(world.state == .paused)
        }
    }

    @Test("cells that nobody claims pause the rollout at its deadline, and undo nothing")
    func stalled() throws {
        var world = try RolloutWorld(3)
        #expect(try world.advance().blockers.map(\.kind) == ["executor"])
        world.wait(600)
        try world.advance()
        #expect(world.state == .paused && world.run.rollout.cause?.kind == .stalled)
        try world.run.resume(at: world.now)
        #expect(try world.claim() != nil)
    }

    @Test(
        "too many bad cells at once pause it; with failures of its own it undoes only what its release broke")
    func brake() throws {
        let limit = SafetyPolicies.MassFailureBrake(unhealthyPercent: 25, cellsMin: 3)
        let cells = (1...12).map { CellID("cell-\($0)")! }
        func brake(bad: Range<Int>, touched: Range<Int>) -> RolloutBrake {
            RolloutBrake(
                cells: cells.enumerated().map { ($0.element, bad.contains($0.offset)) },
                touched: Set(cells[touched]), limit: limit)
        }
        #expect(brake(bad: 0..<3, touched: 0..<1) == .free)
        #expect(brake(bad: 0..<4, touched: 0..<4).tripped != nil)
        #expect(!brake(bad: 0..<4, touched: 0..<4).isOfUntouched)
        #expect(brake(bad: 0..<5, touched: 0..<1).isOfUntouched)
        for (touched, expected) in [(0..<4, RolloutState.rollingBack), (11..<12, .paused)] {
            var world = try RolloutWorld(6)
            let work = try #require(try world.claim())
            try world.report(work, healthy: false)
            world.surroundings.brake = brake(bad: 0..<4, touched: touched)
            try world.advance()
            #expect(world.state == expected)
        }
        var world = try RolloutWorld(6)
        _ = try world.claim()
        world.surroundings.brake = brake(bad: 0..<4, touched: 0..<4)
        try world.advance()
        #expect(world.state == .paused && world.run.rollout.cause?.kind == .brake)
    }
}
