import JSON
import Registry
import Store

// What operators do with rollouts.
extension Change {
    /// Begins to bring a release to cells. Nothing is claimable before the rules have been asked once more.
    public func createRollout(_ request: RolloutRequest, at now: RolloutTime) throws -> Outcome {
        let plan = try RolloutPlan(request, in: transaction, at: now)
        if isRehearsal, !plan.blockers.isEmpty { return refused(plan) }
        try plan.checkFree()
        guard try transaction.rolloutsUnderWay().count < Limits.rolloutsUnderWayMax else {
            throw RegistryError(
                .inUse, "\(Limits.rolloutsUnderWayMax) rollouts are under way, which is the limit.",
                nextSteps: ["wait for one to end: GET /v1/rollouts?state=running"])
        }
        guard let release = try transaction.release(request.release)?.release else {
            throw noRelease(request.release)
        }
        let rollout = Rollout(
            id: .random(), release: release, request: request, waves: plan.waves.map(\.why),
            plan: plan.digest,
            actor: transaction.context.principal.name, reason: transaction.context.reason,
            createdAt: now.steady)
        let run = try transaction.insert(RolloutRun(rollout: rollout, cells: plan.cells))
        var outcome = try outcome(run, previous: .zero, at: now)
        outcome.isAccepted = true
        outcome.location = "/v1/rollouts/\(rollout.id)"
        outcome.plan = ["preview": plan.document]
        return outcome
    }

    private func refused(_ plan: RolloutPlan) -> Outcome {
        var outcome = Outcome(created: false, shown: [:], revision: .zero, previous: .zero)
        outcome.isRefused = true
        outcome.plan = ["preview": plan.document]
        return outcome
    }

    public enum RolloutAction: Sendable {
        case pause, resume, abort, rollBack
        /// Nil: the wave that awaits it.
        case approve(wave: Int?)
        case reject(wave: Int?)
        /// Empty: all there are.
        case retry([CellID])
    }

    /// What operators do to a rollout. The same again changes nothing.
    public func act(_ action: RolloutAction, on id: RolloutID, at now: RolloutTime) throws -> Outcome {
        let reason = transaction.context.reason
        return try change(id, at: now) { run in
            switch action {
            case .pause: try run.pause(reason, at: now.steady)
            case .resume: try run.resume(at: now.steady)
            case .abort: try run.abort(reason, at: now.steady)
            case .rollBack:
                if run.rollout.life.state.isDone { try checkUnlocked(run) }
                try run.rollBack(reason, at: now.steady)
            case .approve(let wave): try run.approve(wave: wave, reason, at: now.steady)
            case .reject(let wave): try run.reject(wave: wave, reason, at: now.steady)
            case .retry(let cells):
                if run.rollout.life.state.isDone { try checkUnlocked(run) }
                try run.retry(cells, at: now.steady)
            }
        }
    }

    /// One that has ended has given its cells free: it can only take them up again while nobody else has them.
    private func checkUnlocked(_ run: RolloutRun) throws {
        let locks = try transaction.rolloutLocks(on: run.rollout.release.services)
        let taken = run.cells.compactMap { cell in locks[cell.cell].map { (cell.cell, $0) } }
        guard !taken.isEmpty else { return }
        throw RegistryError(
            .inUse, "\(taken.count) of its cells are in another rollout of the same service.",
            blockers: taken.prefix(Limits.blockersShownMax).map { cell, rollout in
                Blocker(
                    kind: "rollout", id: rollout.rawValue, message: "has the cell '\(cell)' until its end")
            }, nextSteps: ["wait for that rollout's end, or abort it"])
    }

    /// Takes the rollout as far as it goes by itself.
    ///
    /// - Returns: true where anything has changed.
    func advance(_ id: RolloutID, at now: RolloutTime) throws -> Bool {
        guard var run = try transaction.take(id), !run.rollout.life.state.isDone else { return false }
        let old = run.rollout
        try run.advance(in: RolloutRun.Surroundings(of: run, in: transaction, at: now), at: now.steady)
        _ = try transaction.save(run, replacing: old)
        return run.rollout != old || !run.changed.isEmpty
    }

    // MARK: Shared

    private func change(
        _ id: RolloutID, at now: RolloutTime, _ body: (inout RolloutRun) throws -> Void
    ) throws -> Outcome {
        guard var run = try transaction.take(id) else { throw noRollout(id) }
        try check("rollout", id, at: run.rollout.revision)
        let old = run.rollout
        try body(&run)
        try run.advance(in: RolloutRun.Surroundings(of: run, in: transaction, at: now), at: now.steady)
        let saved = try transaction.save(run, replacing: old)
        return try outcome(
            RolloutRun(rollout: saved, cells: run.cells), previous: old.revision, at: now)
    }

    private func outcome(_ run: RolloutRun, previous: Revision, at now: RolloutTime) throws -> Outcome {
        Outcome(
            created: false, shown: try run.shown(in: transaction, at: now), revision: run.rollout.revision,
            previous: previous)
    }

    func noRollout(_ id: RolloutID) -> RegistryError {
        RegistryError(
            .notFound, "There is no rollout '\(id)'.",
            nextSteps: ["GET /v1/rollouts lists them; they are kept for 400 days after their end"])
    }
}

extension RolloutRun {
    /// As the API shows it, with what its situation says now.
    func shown(in transaction: ReadTransaction, at now: RolloutTime) throws -> JSONObject {
        let surroundings = try Surroundings(of: self, in: transaction, at: now)
        var object = shown(
            situation(in: surroundings, at: now.steady).step, uncovered: try uncovered(in: transaction))
        object["log"] = .array(try transaction.log(of: rollout).map(\.document))
        return object
    }

    /// Cells that the selector takes and that came after it was planned: no part of it, and nobody should think they were.
    private func uncovered(in transaction: ReadTransaction) throws -> [CellID] {
        guard !rollout.life.state.isDone, rollout.selector.cells.isEmpty else { return [] }
        let known = Set(cells.map(\.cell))
        return try transaction.cells(page: Page(limit: Limits.cellsMax))
            .filter { !known.contains($0.cell.id) && rollout.selector.takes($0.cell) }.map(\.cell.id)
    }
}
