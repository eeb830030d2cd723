import JSON
import Registry
import Store

// What executors do with a rollout's cells.
extension Change {
    /// The next cell in line, for one worker alone; nothing where none may be begun now.
    ///
    /// - Parameter executor: who asks; cells of another one's rollout are not to be had.
    public func claim(
        _ request: ClaimRequest, of id: RolloutID, by executor: Rollout.Executor = .external,
        at now: RolloutTime
    ) throws -> Outcome {
        guard var run = try transaction.take(id) else { throw noRollout(id) }
        guard run.rollout.executor == executor else {
            throw RegistryError(
                .stateConflict,
                "The rollout '\(id)' is carried out by \(run.rollout.executor.rawValue): its cells can't be claimed.",
                nextSteps: ["leave it to the server", "POST /v1/rollouts with \"executor\":\"external\""])
        }
        let old = run.rollout
        let surroundings = try RolloutRun.Surroundings(of: run, in: transaction, at: now)
        let work = try run.claim(
            request, token: try transaction.nextFencingToken(), in: surroundings, at: now.steady
        ) { cell in
            // What it is to run now.
            CellVersions(
                of: old.release.services, kept: try transaction.services(of: cell),
                declared: try transaction.cell(cell)?.cell.images ?? [:])
        }
        _ = try transaction.save(run, replacing: old)
        guard let work else { return .nothing }
        try transaction.desire(work.target, of: work.cell, by: id)
        return .progress(work.shown(at: now))
    }

    /// What the holder of a cell's claim says of it.
    public func report(_ report: CellReport, of cell: CellID, in id: RolloutID, at now: RolloutTime) throws
        -> Outcome
    {
        guard var run = try transaction.take(id) else { throw noRollout(id) }
        let old = run.rollout
        let event = try run.report(report, of: cell, at: now.steady)
        if event != nil, report.isReachable, let seen = run.observed(report, on: cell) {
            try transaction.observe(seen, of: cell, by: id, at: now.wall(of: report.observedAt))
        }
        try run.advance(in: RolloutRun.Surroundings(of: run, in: transaction, at: now), at: now.steady)
        _ = try transaction.save(run, replacing: old)
        guard let shown = run.cells.first(where: { $0.cell == cell }) else { throw notFound("cell", cell) }
        return .progress(shown.document(run.rollout.strategy))
    }

    /// What gates have measured of cells that bake. What does not count any more is left out.
    ///
    /// - Returns: how many did count.
    func add(_ evidence: [GateEvidence], to id: RolloutID, at now: RolloutTime) throws -> Int {
        guard var run = try transaction.take(id), !run.rollout.life.state.isDone else { return 0 }
        let old = run.rollout
        var counted = 0
        for one in evidence {
            do {
                try run.add(one, at: now.steady)
                counted += 1
            } catch {
                // The cell went on while it was measured, or is none of the rollout's.
                continue
            }
        }
        try run.advance(in: RolloutRun.Surroundings(of: run, in: transaction, at: now), at: now.steady)
        _ = try transaction.save(run, replacing: old)
        return counted
    }
}

extension RolloutRun {
    /// What an accepted report says that the cell runs: what it was to be brought to, or nothing that has a name here.
    fileprivate func observed(_ report: CellReport, on cell: CellID) -> CellVersions? {
        guard let record = cells.first(where: { $0.cell == cell }) else { return nil }
        if report.release == rollout.release.name { return CellVersions(rollout.release.versions) }
        guard let before = record.before, before.release == report.release else { return nil }
        return before
    }
}

extension ClaimedWork {
    /// As its worker is told of it, whose clock is a wall clock.
    fileprivate func shown(at now: RolloutTime) -> JSONObject {
        var told = self
        told.claim.leaseEndsAt = now.wall(of: claim.leaseEndsAt)
        guard case .object(let object) = told.document else { preconditionFailure("a document is an object") }
        return object
    }
}
