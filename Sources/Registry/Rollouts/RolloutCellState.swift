/// Where a cell stands in a rollout.
public enum RolloutCellState: String, Sendable, CaseIterable {
    /// Its turn has not come, or nobody has begun it.
    case pending
    /// An executor takes it to the release, or did when its lease ended.
    case updating
    /// Observed on the release and healthy; it must stay so for the bake time, and pass the gates.
    case baking
    case succeeded
    case failed
    /// Nobody can tell what it runs: the strategy says what that means for its wave.
    case unreachable
    /// Left as it was.
    case skipped
    /// The rollout was aborted with it on its way.
    case abandoned
    /// To go back to what it ran before.
    case rollbackPending
    case rollingBack
    case rolledBack
    case rollbackFailed
}

/// What happens to a cell in a rollout.
public enum RolloutCellEvent: String, Sendable, CaseIterable {
    /// An executor takes it on; again, by another, once the lease of the one before has ended.
    case claim
    /// It was observed on the version that is asked for, and healthy.
    case healthy
    case unhealthy
    case unreachable
    /// Its deadline has passed.
    case late
    /// It has been healthy for the bake time, and every gate has passed.
    case baked
    case skip
    case retry
    /// The rollout goes back.
    case undo
    /// The rollout is aborted.
    case abandon
}

/// A cell's state in a rollout, and whether it was ever changed by it: only that is what a rollback undoes.
public struct RolloutCellLife: Sendable, Hashable {
    public var state: RolloutCellState
    public var isTouched: Bool

    public init(_ state: RolloutCellState, isTouched: Bool? = nil) {
        self.state = state
        self.isTouched = isTouched ?? (state != .pending && state != .skipped)
    }

    /// All there are: only what waits or was skipped can be either.
    public static let all: [RolloutCellLife] =
        RolloutCellState.allCases.map { RolloutCellLife($0) }
        + [RolloutCellLife(.pending, isTouched: true), RolloutCellLife(.skipped, isTouched: true)]

    /// An executor is at work on it, or was when its lease ended: it takes one of the places of `maxParallel`.
    public var isInFlight: Bool { state == .updating || state == .rollingBack }

    /// It may serve worse than before the rollout, or not at all: it counts against its zone.
    public var isUnavailable: Bool {
        switch state {
        case .updating, .failed, .unreachable, .rollbackPending, .rollingBack, .rollbackFailed: true
        case .pending: isTouched
        case .baking, .succeeded, .skipped, .abandoned, .rolledBack: false
        }
    }

    /// - Throws: `stateConflict` for what can't happen in this state.
    public func after(_ event: RolloutCellEvent) throws(RegistryError) -> RolloutCellLife {
        switch (state, event) {
        case (.pending, .claim), (.updating, .claim), (.unreachable, .claim): return touched(.updating)
        case (.updating, .healthy), (.baking, .healthy), (.unreachable, .healthy): return touched(.baking)
        case (.updating, .unhealthy), (.baking, .unhealthy), (.succeeded, .unhealthy), (.failed, .unhealthy),
            (.unreachable, .unhealthy), (.updating, .late), (.baking, .late):
            return touched(.failed)
        case (.pending, .late) where isTouched: return touched(.failed)
        case (.updating, .unreachable), (.baking, .unreachable), (.unreachable, .unreachable):
            return touched(.unreachable)
        case (.baking, .baked): return touched(.succeeded)
        // It has baked: only a word that it is unhealthy is one against it.
        case (.succeeded, .healthy), (.succeeded, .unreachable): return self

        case (.pending, .skip) where !isTouched: return RolloutCellLife(.skipped)
        case (.skipped, .skip): return self
        case (.rollbackPending, .skip): return RolloutCellLife(.skipped, isTouched: true)
        case (.failed, .retry), (.unreachable, .retry), (.skipped, .retry):
            return RolloutCellLife(.pending, isTouched: isTouched)
        case (.rollbackFailed, .retry): return touched(.rollbackPending)

        case (.pending, .undo): return isTouched ? touched(.rollbackPending) : RolloutCellLife(.skipped)
        case (.updating, .undo), (.baking, .undo), (.succeeded, .undo), (.failed, .undo),
            (.unreachable, .undo), (.abandoned, .undo), (.rollbackPending, .undo), (.rollbackFailed, .undo):
            return touched(.rollbackPending)
        case (.skipped, .undo), (.rollingBack, .undo), (.rolledBack, .undo): return self

        case (.rollbackPending, .claim), (.rollingBack, .claim): return touched(.rollingBack)
        // The last word of whoever was changing it when the rollback began,
        // or was aborted.
        case (.rollbackPending, .healthy), (.rollbackPending, .unhealthy), (.rollbackPending, .unreachable),
            (.abandoned, .healthy), (.abandoned, .unhealthy), (.abandoned, .unreachable):
            return self
        case (.rollingBack, .healthy), (.rolledBack, .healthy): return touched(.rolledBack)
        case (.rollingBack, .unhealthy), (.rollingBack, .unreachable), (.rollingBack, .late),
            (.rollbackFailed, .unhealthy), (.rollbackFailed, .unreachable):
            return touched(.rollbackFailed)
        // What it runs now is what it ran before: its health is no matter of the rollout's any more.
        case (.rolledBack, .unhealthy), (.rolledBack, .unreachable): return self

        case (.pending, .abandon): return isTouched ? touched(.abandoned) : RolloutCellLife(.skipped)
        case (.updating, .abandon), (.baking, .abandon), (.unreachable, .abandon),
            (.rollbackPending, .abandon), (.rollingBack, .abandon):
            return touched(.abandoned)
        case (.succeeded, .abandon), (.failed, .abandon), (.skipped, .abandon), (.abandoned, .abandon),
            (.rolledBack, .abandon), (.rollbackFailed, .abandon):
            return self

        case (.pending, _), (.updating, _), (.baking, _), (.succeeded, _), (.failed, _), (.unreachable, _),
            (.skipped, _), (.abandoned, _), (.rollbackPending, _), (.rollingBack, _), (.rolledBack, _),
            (.rollbackFailed, _):
            throw RegistryError(
                .stateConflict,
                "The cell is \(state.rawValue) in this rollout and can't take '\(event.rawValue)'.",
                nextSteps: ["GET the rollout's cells again"])
        }
    }

    private func touched(_ state: RolloutCellState) -> RolloutCellLife {
        RolloutCellLife(state, isTouched: true)
    }
}
