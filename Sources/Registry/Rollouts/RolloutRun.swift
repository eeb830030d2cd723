/// A rollout with its cells, and all that can be done to them. Whoever keeps it writes back `rollout` and the cells at
/// `changed`, in the transaction in which it was read.
public struct RolloutRun: Sendable {
    public internal(set) var rollout: Rollout
    public internal(set) var cells: [RolloutCell]
    /// Indices of the cells that differ from what was read.
    public internal(set) var changed: Set<Int> = []
    /// What there is to say of what was done, oldest first; not kept by the run itself.
    public internal(set) var log: [OperationLogEntry] = []

    public init(rollout: Rollout, cells: [RolloutCell]) {
        self.rollout = rollout
        self.cells = cells
    }

    /// What stands around the rollout.
    public struct Surroundings: Sendable {
        public var facts: [CellID: CellFacts]
        /// What holds single cells for the moment, beside what their facts name.
        public var cellHolds: [CellID: [Blocker]]
        public var holds: [Blocker]
        public var brake: RolloutBrake

        public init(
            facts: [CellID: CellFacts] = [:], cellHolds: [CellID: [Blocker]] = [:], holds: [Blocker] = [],
            brake: RolloutBrake = .free
        ) {
            self.facts = facts
            self.cellHolds = cellHolds
            self.holds = holds
            self.brake = brake
        }

        public func facts(of cell: CellID) -> CellFacts? {
            guard var known = facts[cell] else { return nil }
            known.holds += cellHolds[cell] ?? []
            return known
        }
    }

    public func situation(in surroundings: Surroundings, at now: Timestamp) -> RolloutSituation {
        RolloutSituation(
            rollout: rollout, cells: cells, facts: surroundings.facts, cellHolds: surroundings.cellHolds,
            holds: surroundings.holds, brake: surroundings.brake, now: now)
    }

    /// Takes step after step until nothing is to be done, and returns the last: who may be begun, and whom it waits for.
    ///
    /// It ends: each step moves a cell on in its life, opens a wave, or changes the rollout's state, and none leads back
    /// without something from outside.
    @discardableResult
    public mutating func advance(
        in surroundings: Surroundings, at now: Timestamp
    ) throws(RegistryError) -> RolloutStep {
        while true {
            let step = situation(in: surroundings, at: now).step
            if step.isEmpty { return step }
            for change in step.cells {
                try take(change.event, of: change.index, change.message, at: now)
            }
            switch step.change {
            case nil: continue
            case .open(let wave):
                rollout.wave = wave
                rollout.progressAt = now
                note("wave \(wave) begins: \(rollout.waves[wave - 1])", at: now)
            case .event(let event, let cause):
                try take(event, cause, at: now)
            }
        }
    }

    // MARK: What executors do

    /// The next cell in line, or the one that is asked for if it is in line; nil where there is none.
    ///
    /// - Parameters:
    ///   - token: greater than that of any claim before, of any rollout; taken only where there is a cell.
    ///   - before: what the cell is to run now.
    /// - Throws: `notFound` for a cell that is not in the rollout; `operationDone`.
    public mutating func claim(
        _ request: ClaimRequest, token: @autoclosure () throws -> FencingToken,
        in surroundings: Surroundings, at now: Timestamp, before: (CellID) throws -> CellVersions
    ) throws -> ClaimedWork? {
        if let cell = request.cell, !cells.contains(where: { $0.cell == cell }) {
            throw RegistryError(
                .notFound, "The cell '\(cell)' is not in the rollout '\(rollout.id)'.",
                nextSteps: ["GET /v1/rollouts/\(rollout.id)/cells lists those that are"])
        }
        let step = try advance(in: surroundings, at: now)
        let wanted = step.claimable.first { request.cell == nil || cells[$0].cell == request.cell }
        guard let index = wanted else { return nil }
        let claim = Claim(
            worker: request.worker, token: try token(), lease: request.lease ?? rollout.strategy.claimLease,
            now: now)
        try cells[index].begin(claim, before: before(cells[index].cell), at: now)
        changed.insert(index)
        (rollout.progressAt, rollout.updatedAt) = (now, now)
        if rollout.startedAt == nil { rollout.startedAt = now }
        return work(of: index)
    }

    /// What the holder of the cell's claim is to bring it to.
    func work(of index: Int) -> ClaimedWork? {
        let cell = cells[index]
        guard let claim = cell.claim, let before = cell.before else { return nil }
        let isBack = cell.state == .rollingBack
        return ClaimedWork(
            cell: cell.cell, action: isBack ? .rollback : .update,
            target: isBack ? before : CellVersions(rollout.release.versions), attempt: cell.attempt,
            claim: claim)
    }

    /// - Returns: what it meant; nil for a renewal.
    /// - Throws: `notFound`; `stateConflict` with the refusal as a blocker, and nothing has changed then.
    @discardableResult
    public mutating func report(
        _ report: CellReport, of cell: CellID, at now: Timestamp
    ) throws(RegistryError) -> RolloutCellEvent? {
        let index = try index(of: cell)
        let event = try cells[index].judge(report, of: rollout.release.name, at: now)
        changed.insert(index)
        rollout.progressAt = now
        if cells[index].reportedAt == nil { cells[index].reportedAt = now }
        guard let event else {
            if cells[index].life.isInFlight { cells[index].claim?.renew(at: now) }
            if !report.message.isEmpty { cells[index].message = report.message }
            return nil
        }
        try take(event, of: index, report.message, at: now)
        // The change is at an end, and the cell free for the next. The token goes on to be good for reports.
        cells[index].claim?.end(at: now)
        return event
    }

    // MARK: Shared

    func index(of cell: CellID) throws(RegistryError) -> Int {
        guard let index = cells.firstIndex(where: { $0.cell == cell }) else {
            throw RegistryError(
                .notFound, "The cell '\(cell)' is not in the rollout '\(rollout.id)'.",
                nextSteps: ["GET /v1/rollouts/\(rollout.id)/cells lists those that are"])
        }
        return index
    }

    mutating func take(
        _ event: RolloutCellEvent, of index: Int, _ message: String, at now: Timestamp
    ) throws(RegistryError) {
        let before = cells[index].state
        try cells[index].take(event, message, at: now)
        changed.insert(index)
        guard cells[index].state != before else { return }
        (rollout.progressAt, rollout.updatedAt) = (now, now)
        let cell = cells[index]
        switch cell.state {
        case .failed, .unreachable, .rollbackFailed:
            note("\(cell.cell) is \(cell.state.rawValue): \(cell.message)", isWarning: true, at: now)
        case .skipped where rollout.life.state == .running:
            note("\(cell.cell) is skipped: \(cell.message)", at: now)
        case .pending, .updating, .baking, .succeeded, .skipped, .abandoned, .rollbackPending, .rollingBack,
            .rolledBack:
            break
        }
    }

    mutating func take(
        _ event: RolloutEvent, _ cause: RolloutCause?, at now: Timestamp
    ) throws(RegistryError) {
        let before = rollout.life
        let after = try before.after(event)
        guard after != before else { return }
        rollout.life = after
        rollout.updatedAt = now
        rollout.progressAt = now
        rollout.endedAt = after.state.isDone ? now : nil
        rollout.askedAt = after.state == .awaitingApproval ? now : nil
        if event == .approve, cause != nil { rollout.approvedWave = rollout.wave + 1 }
        switch after.state {
        case .paused, .rollingBack, .aborted: rollout.cause = cause ?? rollout.cause
        case .pending, .running, .awaitingApproval, .succeeded: rollout.cause = nil
        case .rolledBack, .failed: break
        }
        if after.state == .aborted {
            for index in cells.indices { try take(.abandon, of: index, "", at: now) }
        }
        note(
            "\(after.state.rawValue)\(cause.map { ": \($0.message)" } ?? "")",
            isWarning: cause != nil && cause?.kind != .operator, at: now)
    }

    mutating func note(_ message: String, isWarning: Bool = false, at now: Timestamp) {
        log.append(OperationLogEntry(at: now, isWarning: isWarning, message: message))
    }
}
