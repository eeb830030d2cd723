/// All that decides a rollout's next step.
///
/// Pure: the same situation always has the same answer. A step changes cells, or the rollout, or nothing; it is taken, and
/// the situation asked again, until it says nothing (`RolloutRun.advance`). Reconciler and claim alike do that in one
/// transaction, so a process that is killed between two has lost nothing, and a claim never sees a state that is behind.
///
/// The order of what is asked: what has become of cells, whether too many have failed, whether the brake holds, whether the
/// wave is done, and only then which cells may be begun. So nothing new is begun by a rollout that should stop.
public struct RolloutSituation: Sendable {
    public var rollout: Rollout
    public var cells: [RolloutCell]
    /// Of the cells that are not here, nothing stands against a change.
    public var facts: [CellID: CellFacts]
    /// What holds single cells for the moment, beside what their facts name.
    public var cellHolds: [CellID: [Blocker]]
    /// Safety rules that forbid to begin anything forward now.
    public var holds: [Blocker]
    public var brake: RolloutBrake
    /// Must not jump while the process lives: the wall clock when it started, and the monotonic time since. A bake would
    /// end early by one that does.
    public var now: Timestamp

    public init(
        rollout: Rollout, cells: [RolloutCell], facts: [CellID: CellFacts] = [:],
        cellHolds: [CellID: [Blocker]] = [:], holds: [Blocker] = [], brake: RolloutBrake = .free,
        now: Timestamp
    ) {
        self.rollout = rollout
        self.cells = cells
        self.facts = facts
        self.cellHolds = cellHolds
        self.holds = holds
        self.brake = brake
        self.now = now
    }

    var strategy: RolloutStrategy { rollout.strategy }

    func facts(of cell: RolloutCell) -> CellFacts {
        var known = facts[cell.cell] ?? CellFacts(state: .active)
        if let holds = cellHolds[cell.cell] { known.holds += holds }
        return known
    }
}

/// What is to be done now.
public struct RolloutStep: Sendable, Equatable {
    public struct CellChange: Sendable, Equatable {
        /// Its index among the rollout's cells.
        public var index: Int
        public var event: RolloutCellEvent
        public var message: String
    }

    public enum Change: Sendable, Equatable {
        case event(RolloutEvent, RolloutCause?)
        /// The next wave, by its number.
        case open(wave: Int)
    }

    /// Taken before `change`.
    public var cells: [CellChange] = []
    public var change: Change?
    /// Indices of the cells that may be claimed now, first in line first: taking all of them breaks no limit.
    public var claimable: [Int] = []
    /// Whom it waits for.
    public var blockers: [Blocker] = []
    /// When there may be something to do though nothing has happened; nil: never.
    public var wakeAt: Timestamp?

    public init() {}

    public var isEmpty: Bool { cells.isEmpty && change == nil }
}

extension RolloutSituation {
    public var step: RolloutStep {
        var step = RolloutStep()
        switch rollout.life.state {
        case .succeeded, .rolledBack, .aborted, .failed:
            return step
        case .pending:
            if let hold = brakeBlocker { step.blockers = [hold] } else { step.blockers = holds }
            if step.blockers.isEmpty { step.change = .event(.begin, nil) }
            return step
        case .running, .awaitingApproval:
            step.cells = observed() + skipped()
        case .paused:
            step.cells = rollout.life.isGoingBack ? returning() : observed()
        case .rollingBack:
            step.cells = returning()
        }
        guard step.cells.isEmpty else { return step }
        switch rollout.life.state {
        case .running, .awaitingApproval: step.change = failure ?? braked ?? forward
        case .rollingBack: step.change = returned
        case .pending, .paused, .succeeded, .rolledBack, .aborted, .failed: break
        }
        guard step.change == nil else { return step }
        (step.claimable, step.blockers) = rollout.life.isGoingBack ? backLine : forwardLine
        step.change = stalled(step.claimable)
        if step.change != nil { step.claimable = [] }
        step.wakeAt = wakeAt
        return step
    }

    // MARK: What has become of cells

    /// Deadlines, gates and bakes of the cells that were begun. Asked while it is paused, too.
    private func observed() -> [RolloutStep.CellChange] {
        cells.indices.compactMap { index in
            let cell = cells[index]
            func change(_ event: RolloutCellEvent, _ message: String) -> RolloutStep.CellChange {
                RolloutStep.CellChange(index: index, event: event, message: message)
            }
            if cell.state == .pending, cell.life.isTouched, facts(of: cell).isGone {
                return change(.late, "the cell is gone from the registry, half changed")
            }
            if cell.state == .baking {
                if let tally = cell.failingGate(strategy) {
                    return change(
                        .unhealthy, "gate \(tally.gate): bad \(tally.bad) times in a row: \(tally.message)")
                }
                if cell.hasBaked(strategy, at: now) { return change(.baked, "") }
            }
            guard let deadline = cell.deadline(strategy), now >= deadline else { return nil }
            if cell.state == .updating, cell.reportedAt == nil {
                return change(.unreachable, "nothing was heard of it until its deadline, \(deadline)")
            }
            let message = cell.message.isEmpty ? "" : ": \(cell.message)"
            return change(.late, "was not done by its deadline, \(deadline)\(message)")
        }
    }

    /// Cells whose turn has come, and that are to be left as they are.
    private func skipped() -> [RolloutStep.CellChange] {
        cells.indices.compactMap { index in
            let cell = cells[index]
            guard cell.state == .pending, !cell.life.isTouched, cell.wave <= rollout.wave,
                let reason = facts(of: cell).skipReason
            else { return nil }
            return RolloutStep.CellChange(index: index, event: .skip, message: reason)
        }
    }
}
