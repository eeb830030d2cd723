import TestRandom
import Testing

@testable import Registry

/// A rollout among workers that die, lie late and come back, cells that break, and operators who change their minds.
/// After each event the rules are held against it; a broken one names the seed.
struct RolloutSimulation {
    /// What a cell really runs. It refuses whoever comes with a token below the highest that it has seen.
    struct RealCell {
        var release = "v1.0.0"
        var token: Int64 = 0
    }

    let seed: UInt64
    let hasGates: Bool
    var random: SeededRandom
    var world: RolloutWorld
    var real: [CellID: RealCell] = [:]
    /// Work that was handed out, and not reported on yet.
    var held: [ClaimedWork] = []
    var everClaimed: Set<CellID> = []
    /// Cells that broke when they got the release.
    var fragile: Set<CellID> = []
    var events = 0

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        let count = Int.random(in: 1...40, using: &random)
        var strategy = RolloutStrategy(
            waves: nil, zoneAtATime: random.isOne(in: 4),
            maxParallel: Int.random(in: 1...8, using: &random),
            maxUnavailablePerZone: random.isOne(in: 2)
                ? .count(Int64.random(in: 1...3, using: &random)) : nil,
            bakeTime: .seconds(Int64.random(in: 0...120, using: &random)),
            failureBudget: .count(Int64.random(in: 0...4, using: &random)),
            progressDeadline: .seconds(600),
            unreachable: RolloutStrategy.Unreachable.allCases.randomElement(using: &random)!)
        if random.isOne(in: 3) { strategy.approval = ApprovalSpec(timeout: .seconds(3600)) }
        hasGates = random.isOne(in: 3)
        if hasGates { strategy.gates = [Gate(name: "g", measure: .health, failureThreshold: 2)] }
        world = try RolloutWorld(
            count, strategy, onFailure: random.isOne(in: 3) ? .pause : .rollback)
        for cell in world.run.cells {
            real[cell.cell] = RealCell()
            if random.isOne(in: 12) { fragile.insert(cell.cell) }
        }
    }

    var strategy: RolloutStrategy { world.run.rollout.strategy }
    var cells: [RolloutCell] { world.run.cells }

    // MARK: Events

    mutating func happen() throws {
        events += 1
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: try claim()
        case 40..<70: try work()
        case 70..<80: world.wait(Int64.random(in: 1...90, using: &random))
        case 80..<84: try measure()
        case 84..<88: changeFacts()
        case 88..<90: if !held.isEmpty { held.remove(at: Int.random(in: 0..<held.count, using: &random)) }
        case 90..<92: world.wait(Int64.random(in: 300...900, using: &random))
        default: operate()
        }
        try check()
    }

    mutating func claim() throws {
        let before = world.run
        guard let work = try world.claim(by: "w\(events)") else { return }
        everClaimed.insert(work.cell)
        try checkClaim(work, before: before)
        // The answer may get lost, and the worker with it.
        if !random.isOne(in: 10) { held.append(work) }
    }

    /// A worker brings its cell to what it was told, and says so; or has died, or can't reach it.
    private mutating func work() throws {
        guard let index = held.indices.randomElement(using: &random) else { return }
        let work = held[index]
        if random.isOne(in: 3) { apply(work) }
        if random.isOne(in: 6) { return heartbeat(work) }
        held.remove(at: index)
        apply(work)
        let isHealthy = work.action == .rollback ? !random.isOne(in: 30) : !fragile.contains(work.cell)
        let isReachable = !random.isOne(in: 20)
        _ = try? world.run.report(
            CellReport(
                token: work.claim.token, release: work.target.release,
                healthy: isReachable ? isHealthy : nil, isReachable: isReachable, observedAt: world.now),
            of: work.cell, at: world.now)
    }

    private mutating func heartbeat(_ work: ClaimedWork) {
        _ = try? world.report(work, healthy: nil)
    }

    mutating func apply(_ work: ClaimedWork) {
        guard var cell = real[work.cell], work.claim.token.rawValue >= cell.token else { return }
        cell = RealCell(release: work.target.release?.rawValue ?? "", token: work.claim.token.rawValue)
        real[work.cell] = cell
    }

    mutating func measure(onlyGood: Bool = false) throws {
        guard hasGates else { return }
        for cell in cells where cell.state == .baking {
            let outcome: GateEvidence.Outcome = onlyGood || !random.isOne(in: 10) ? .good : .bad
            try world.run.add(
                GateEvidence(
                    cell: cell.cell, release: RolloutWorld.release.name, attempt: cell.attempt, gate: "g",
                    outcome: outcome, observedAt: world.now), at: world.now)
        }
    }

    private mutating func changeFacts() {
        guard let cell = cells.randomElement(using: &random)?.cell else { return }
        let states: [CellState?] = [.active, .active, .draining, .drained, .provisioning]
        var facts = CellFacts(state: states.randomElement(using: &random)!)
        if random.isOne(in: 3) { facts.holds = [Blocker(kind: "backup", id: "b", message: "runs")] }
        world.surroundings.facts[cell] = facts
        world.surroundings.holds =
            random.isOne(in: 4) ? [Blocker(kind: "policy", id: "changeCalendar", message: "closed")] : []
        world.surroundings.brake =
            random.isOne(in: 8) ? RolloutBrake(tripped: "many", isOfUntouched: random.isOne(in: 2)) : .free
    }

    /// Most of what operators wish can't be at the moment: it must be refused, and leave all as it was.
    private mutating func operate() {
        var run = world.run
        do {
            switch Int.random(in: 0..<30, using: &random) {
            case 0..<4: try run.pause("", at: world.now)
            case 4..<14: try run.resume(at: world.now)
            case 14..<22: try run.approve(wave: nil, "", at: world.now)
            case 22: try run.reject(wave: nil, "", at: world.now)
            case 23..<28: try run.retry([], at: world.now)
            case 28: if random.isOne(in: 3) { try run.rollBack("", at: world.now) }
            default: if random.isOne(in: 6) { try run.abort("", at: world.now) }
            }
            world.run = run
        } catch {}
    }

    // MARK: Rules

    private func fail(_ what: String) {
        Issue.record("seed \(seed), event \(events): \(what)")
    }

    private func checkClaim(_ work: ClaimedWork, before: RolloutRun) throws {
        let cell = try #require(cells.first { $0.cell == work.cell })
        let was = try #require(before.cells.first { $0.cell == work.cell })
        if work.action == .update {
            let ahead = cells.filter { $0.wave < cell.wave }
            for earlier in ahead where earlier.state == .baking && !was.life.isTouched {
                fail("\(work.cell) of wave \(cell.wave) begins while \(earlier.cell) bakes")
            }
            let limit = strategy.unavailableMax(ofZoneWith: cells.count { $0.zone == cell.zone })
            let unavailable = cells.count { $0.zone == cell.zone && $0.life.isUnavailable }
            if !was.life.isUnavailable, unavailable > limit {
                fail("\(unavailable) cells of zone \(cell.zone) are unavailable, \(limit) may be")
            }
            let failed = world.run.situation(in: world.surroundings, at: world.now).failures
            let allowed = max(world.run.rollout.failuresMax(of: cells.count), world.run.rollout.forgiven)
            if failed > allowed, was.state != .updating {
                fail("\(work.cell) begins with \(failed) failures, \(allowed) may be")
            }
            if world.state != .running, was.state != .updating { fail("begun while \(world.state)") }
        } else {
            let limit = strategy.unavailableMax(ofZoneWith: cells.count { $0.zone == cell.zone })
            if cells.count(where: { $0.zone == cell.zone && $0.state == .rollingBack }) > limit {
                fail("more than \(limit) cells of zone \(cell.zone) go back at once")
            }
        }
    }

    mutating func check() throws {
        let step = try world.advance()
        let inFlight = cells.count(where: \.life.isInFlight)
        if inFlight > strategy.maxParallel { fail("\(inFlight) cells are in flight") }
        let waiting = step.claimable.count { !cells[$0].life.isInFlight }
        if inFlight + waiting > strategy.maxParallel { fail("\(waiting) cells in line are too many") }
        for cell in cells {
            if cell.life.isTouched != everClaimed.contains(cell.cell) {
                fail("\(cell.cell) is touched: \(cell.life.isTouched)")
            }
            if cell.state == .succeeded, let since = cell.healthySince, let end = cell.endedAt,
                end < since.advanced(byMilliseconds: strategy.bakeTime.milliseconds)
            {
                fail("\(cell.cell) has baked from \(since) to \(end) only")
            }
            if cell.state == .rolledBack || !cell.life.isTouched, real[cell.cell]?.release != "v1.0.0" {
                fail("\(cell.cell) is \(cell.state), and runs \(real[cell.cell]?.release ?? "")")
            }
        }
        if world.state == .rolledBack,
            cells.contains(where: { $0.life.isTouched && $0.state != .rolledBack && $0.state != .skipped })
        {
            fail("rolled back, and not every touched cell is")
        }
        if !world.state.isDone, world.state != .paused, step.blockers.isEmpty {
            fail("\(world.state), and it names nobody who blocks it")
        }
        if world.state == .paused, world.run.rollout.cause == nil { fail("paused, and says not why") }
        if world.state.isDone != (world.run.rollout.endedAt != nil) { fail("its end and its state differ") }
    }

    /// From now on nothing goes wrong, and operators push on: it must come to an end.
    mutating func finish() throws {
        world.surroundings = RolloutRun.Surroundings()
        fragile = []
        held = []
        for _ in 0..<2000 where !world.state.isDone {
            events += 1
            try? world.run.resume(at: world.now)
            try? world.run.approve(wave: nil, "", at: world.now)
            if random.isOne(in: 10) { _ = try? world.run.retry([], at: world.now) }
            try measure(onlyGood: true)
            while let work = try world.claim(by: "last") {
                everClaimed.insert(work.cell)
                apply(work)
                try world.report(work)
            }
            world.wait(20)
            try check()
        }
        if !world.state.isDone {
            let step = try world.advance()
            fail("it never ends: it is \(world.state), and waits for \(step.blockers)")
        }
        if world.state == .succeeded {
            for cell in cells where cell.state == .succeeded && real[cell.cell]?.release != "v1.1.0" {
                fail("\(cell.cell) has succeeded, and runs \(real[cell.cell]?.release ?? "")")
            }
        }
    }
}
