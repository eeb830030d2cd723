import JSON
import Store
import TestRandom
import Testing

@testable import ControlPlane
@testable import Registry

/// A rollout by a real control plane over its file, among workers that die, lie late and come back, cells that break or
/// can't be reached, kills of the control plane, clocks that jump, and operators who change their minds.
///
/// All that its seed makes of it; a rule that is broken names the seed and the event.
final class RolloutSchedule {
    /// What a cell really runs. It refuses whoever comes with a token below the highest that it has seen.
    private struct RealCell {
        var image = RollingFleet.old
        var token: Int64 = 0
    }

    let seed: UInt64
    let id: RolloutID
    private let fleet: RollingFleet
    private let strategy: RolloutStrategy
    private let hasKills: Bool
    private var random: SeededRandom
    private var real: [CellID: RealCell] = [:]
    /// Work that was handed out, and not reported on yet.
    private var held: [RollingFleet.Work] = []
    /// Cells that break when they get the release.
    private var fragile: Set<CellID> = []
    private var lastToken: Int64 = 0
    private var events = 0
    private var kills = 0

    init(seed: UInt64, cells: Int? = nil) async throws {
        self.seed = seed
        random = SeededRandom(seed: seed)
        let count = cells ?? Int.random(in: 1...25, using: &random)
        fleet = try await RollingFleet(cells: count)
        hasKills = !random.isOne(in: 4)
        var asked: JSONObject = [
            "maxParallel": .integer(cells == nil ? Int64.random(in: 1...8, using: &random) : 40),
            "bakeTime": .string("\(Int64.random(in: 0...120, using: &random))s"),
            "failureBudget": .integer(Int64.random(in: 0...4, using: &random) + Int64(count / 20)),
            "unreachable": .string(["skip", "wait", "fail"].randomElement(using: &random)!),
        ]
        if random.isOne(in: 2) {
            asked["maxUnavailablePerZone"] = .integer(
                Int64.random(in: 1...3, using: &random) + Int64(count / 25))
        }
        if random.isOne(in: 3) { asked["approval"] = ["waves": [2], "timeout": "1h"] }
        if random.isOne(in: 2) { asked["waves"] = ["10%", "50%", "100%"] }
        id = try await fleet.create(asked, onFailure: random.isOne(in: 3) ? "pause" : "rollback")
        strategy = try fleet.run(id).rollout.strategy
        for number in 1...count {
            let cell = CellID("cell-\(number)")!
            real[cell] = RealCell()
            if random.isOne(in: 25) { fragile.insert(cell) }
        }
    }

    // MARK: Events

    func happen() async throws {
        events += 1
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: try await claim()
        case 40..<76: try await work()
        case 76..<84: fleet.time.advance(.seconds(Int64.random(in: 1...60, using: &random)))
        case 84..<90: try await survive { try await self.fleet.advance() }
        case 90: if let index = held.indices.randomElement(using: &random) { held.remove(at: index) }
        case 91: fleet.time.advance(.seconds(Int64.random(in: 200...800, using: &random)))
        case 92:
            fleet.time.jump(byMilliseconds: [-1, 1].randomElement(using: &random)! * 3_600_000)
        case 93: if random.isOne(in: 4) { try await drain() }
        default: try await operate()
        }
    }

    /// The call, or a kill of the control plane around it: then nobody has heard its answer, and it took place or not.
    @discardableResult
    private func survive<T>(_ call: () async throws -> T) async throws -> T? {
        guard hasKills, random.isOne(in: 40) else { return try await call() }
        kills += 1
        let before = fleet.files.image()
        _ = try? await call()
        try fleet.restart(from: random.isOne(in: 2) ? before : fleet.files.image())
        return nil
    }

    private func claim() async throws {
        let (id, now, name) = (id, fleet.plane.rolloutTime, "w\(events)")
        let claimed = try await survive {
            try await self.fleet.write { change in
                let before = try change.transaction.look(at: id)
                if before?.rollout.life.state.isDone ?? true { return nil as Claimed? }
                let outcome = try change.claim(ClaimRequest(worker: name), of: id, at: now)
                guard let work = RollingFleet.Work(outcome), let before,
                    let after = try change.transaction.look(at: id)
                else { return nil }
                return Claimed(work: work, before: before, after: after)
            }
        }
        guard case let claimed?? = claimed else { return }
        check(claimed)
        lastToken = claimed.work.token
        // The answer may get lost, and the worker with it.
        if !random.isOne(in: 20) { held.append(claimed.work) }
    }

    private struct Claimed: Sendable {
        var work: RollingFleet.Work
        var before: RolloutRun
        var after: RolloutRun
    }

    /// A worker brings its cell to what it was told, and says so; or has died, or can't reach it.
    private func work() async throws {
        guard let index = held.indices.randomElement(using: &random) else { return }
        let work = held[index]
        if random.isOne(in: 10) { return try await report(work, nil) }
        held.remove(at: index)
        if random.isOne(in: 30) { return try await report(work, nil, reachable: false) }
        apply(work)
        try await report(work, work.isBack ? !random.isOne(in: 50) : !fragile.contains(work.cell))
    }

    private func report(
        _ work: RollingFleet.Work, _ healthy: Bool?, reachable: Bool = true
    ) async throws {
        let heard: Void? = try await survive {
            do {
                try await self.fleet.report(work, self.id, healthy: healthy, reachable: reachable)
            } catch let error as RegistryError where error.code == .stateConflict {
                // Late, or of a claim that another has taken over.
            }
        }
        // A worker that hears nothing sends it again.
        if heard == nil, healthy != nil { held.append(work) }
    }

    private func apply(_ work: RollingFleet.Work) {
        guard let cell = real[work.cell], work.token >= cell.token, let image = work.image else { return }
        real[work.cell] = RealCell(image: image, token: work.token)
    }

    private func drain() async throws {
        guard let cell = real.keys.sorted().randomElement(using: &random) else { return }
        _ = await refusal { try await self.fleet.plane.move(cell: cell.rawValue, .drain) }
    }

    /// Most of what operators wish can't be at the moment, and is refused.
    private func operate() async throws {
        let action: Change.RolloutAction? =
            switch Int.random(in: 0..<60, using: &random) {
            case 0..<6: .pause
            case 6..<30: .resume
            case 30..<45: .approve(wave: nil)
            case 45: .reject(wave: nil)
            case 46..<55: .retry([])
            case 55: random.isOne(in: 4) ? .rollBack : nil
            case 56: random.isOne(in: 10) ? .abort : nil
            default: nil
            }
        guard let action else { return }
        try await survive { _ = await refusal { try await self.fleet.act(action, on: self.id) } }
    }

    // MARK: Rules

    private func fail(_ what: String) {
        Issue.record("seed \(seed), event \(events): \(what)")
    }

    private func failures(_ run: RolloutRun) -> Int {
        run.cells.count { $0.state == .failed || ($0.state == .unreachable && strategy.unreachable == .fail) }
    }

    private func allowed(_ run: RolloutRun) -> Int {
        max(run.rollout.failuresMax(of: run.cells.count), run.rollout.forgiven)
    }

    private func check(_ claimed: Claimed) {
        let (work, after) = (claimed.work, claimed.after)
        if work.token <= lastToken { fail("the token \(work.token) was given out before") }
        if work.image != (work.isBack ? RollingFleet.old : RollingFleet.new) {
            fail("\(work.cell) is to run \(work.image ?? "nothing")")
        }
        guard let was = claimed.before.cells.first(where: { $0.cell == work.cell }) else {
            return fail("\(work.cell) is none of the rollout's")
        }
        let zone = after.cells.filter { $0.zone == was.zone }
        let limit = strategy.unavailableMax(ofZoneWith: zone.count)
        if work.isBack {
            if zone.count(where: { $0.state == .rollingBack }) > limit {
                fail("more than \(limit) cells of zone \(was.zone) go back at once")
            }
        } else if was.state != .updating {
            if failures(after) > allowed(after) {
                fail("\(work.cell) begins with \(failures(after)) failures, \(allowed(after)) may be")
            }
            if !was.life.isUnavailable, zone.count(where: \.life.isUnavailable) > limit {
                fail("more than \(limit) cells of zone \(was.zone) are unavailable")
            }
            if after.rollout.life.state != .running { fail("begun while \(after.rollout.life.state)") }
        }
    }

    func check() async throws {
        try await fleet.expectMemoryIsTrue(id, "seed \(seed), event \(events)")
        let now = fleet.plane.rolloutTime
        let (run, step) = try fleet.store.read { [id] transaction in
            let run = try #require(try transaction.run(id))
            let surroundings = try RolloutRun.Surroundings(of: run, in: transaction, at: now)
            return (run, run.situation(in: surroundings, at: now.steady).step)
        }
        let state = run.rollout.life.state
        let inFlight = run.cells.count(where: \.life.isInFlight)
        if inFlight > strategy.maxParallel { fail("\(inFlight) cells are in flight") }
        if failures(run) > allowed(run) + strategy.maxParallel {
            fail("\(failures(run)) cells have failed, and \(allowed(run)) may")
        }
        for cell in run.cells where !cell.life.isTouched && real[cell.cell]?.image != RollingFleet.old {
            fail("\(cell.cell) was never begun, and runs \(real[cell.cell]?.image ?? "")")
        }
        if state == .rolledBack {
            for cell in run.cells where cell.life.isTouched && cell.state != .skipped {
                if real[cell.cell]?.image != RollingFleet.old { fail("\(cell.cell) was not taken back") }
            }
        }
        if !state.isDone, state != .paused, step.isEmpty, step.blockers.isEmpty {
            fail("\(state), and it names nobody who blocks it")
        }
        if state == .paused, run.rollout.cause == nil { fail("paused, and says not why") }
    }

    /// From now on nothing goes wrong, and operators push on: it must come to an end.
    func finish() async throws -> RolloutState {
        (fragile, held) = ([], [])
        var rounds = 0
        while try !fleet.state(id).isDone, rounds < 1_500 {
            (rounds, events) = (rounds + 1, events + 1)
            for action in [Change.RolloutAction.resume, .approve(wave: nil)] {
                _ = await refusal { try await self.fleet.act(action, on: self.id) }
            }
            if rounds % 10 == 0 { _ = await refusal { try await self.fleet.act(.retry([]), on: self.id) } }
            try await fleet.advance()
            while try !fleet.state(id).isDone, let work = try await fleet.claim(id, by: "last") {
                apply(work)
                try await fleet.report(work, id)
            }
            fleet.time.advance(.seconds(30))
            if rounds % 20 == 0 { try await check() }
        }
        try await check()
        let end = try fleet.state(id)
        if !end.isDone {
            fail("it never ends: \(end), \(try fleet.plane.rollout(id)?["blockers"] ?? .null)")
        }
        if end == .succeeded {
            for cell in try fleet.run(id).cells where cell.state == .succeeded {
                if real[cell.cell]?.image != RollingFleet.new { fail("\(cell.cell) has not succeeded") }
            }
        }
        try fleet.expectWhole(id, "seed \(seed)")
        return end
    }
}
