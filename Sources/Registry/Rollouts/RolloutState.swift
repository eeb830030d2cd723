/// Where a rollout stands.
public enum RolloutState: String, Sendable, CaseIterable {
    /// Planned, and nothing begun.
    case pending
    /// Its wave is being changed, or bakes.
    case running
    /// Nothing new is begun; what was begun is brought to its end. The cause says why.
    case paused
    /// The next wave waits for a person.
    case awaitingApproval
    /// Every cell that it touched goes back to what it ran before.
    case rollingBack
    /// Every wave has baked.
    case succeeded
    case rolledBack
    /// Stopped where it was: the cells keep what they have.
    case aborted
    /// Rolled back, but for the cells that it names.
    case failed

    public var isDone: Bool {
        switch self {
        case .pending, .running, .paused, .awaitingApproval, .rollingBack: false
        case .succeeded, .rolledBack, .aborted, .failed: true
        }
    }
}

/// What happens to a rollout, by operators and by its own steps alike.
public enum RolloutEvent: String, Sendable, CaseIterable {
    case begin
    case pause
    case resume
    case awaitApproval
    case approve
    case rollBack
    /// Cells that have failed, or were skipped, are taken up again.
    case retry
    case abort
    case succeed
    /// Every touched cell runs what it ran before.
    case returned
    /// No cell is left to roll back, and some could not be.
    case fail
}

/// A rollout's state, and which way it goes: a rollback that was paused goes on as a rollback.
public struct RolloutLife: Sendable, Hashable {
    public var state: RolloutState
    public var isGoingBack: Bool

    public init(_ state: RolloutState, isGoingBack: Bool = false) {
        self.state = state
        self.isGoingBack = isGoingBack || state == .rollingBack || state == .rolledBack || state == .failed
    }

    /// All there are. Only a pause has two ways.
    public static let all: [RolloutLife] =
        RolloutState.allCases.map { RolloutLife($0) } + [RolloutLife(.paused, isGoingBack: true)]

    /// The same again where it already is so: a repeated request must not fail.
    ///
    /// - Throws: `operationDone` once it has ended, `stateConflict` for what can't be now.
    public func after(_ event: RolloutEvent) throws(RegistryError) -> RolloutLife {
        switch (state, event) {
        case (.pending, .begin), (.awaitingApproval, .approve): return RolloutLife(.running)
        case (.running, .awaitApproval), (.awaitingApproval, .awaitApproval):
            return RolloutLife(.awaitingApproval)
        case (.running, .succeed), (.succeeded, .succeed): return RolloutLife(.succeeded)

        case (.pending, .pause), (.running, .pause), (.awaitingApproval, .pause), (.paused, .pause),
            (.rollingBack, .pause):
            return RolloutLife(.paused, isGoingBack: isGoingBack)
        case (.paused, .resume): return RolloutLife(isGoingBack ? .rollingBack : .running)
        case (.pending, .resume), (.running, .resume), (.rollingBack, .resume): return self

        case (.running, .retry), (.awaitingApproval, .retry): return RolloutLife(.running)
        case (.paused, .retry): return RolloutLife(isGoingBack ? .rollingBack : .running)
        case (.rollingBack, .retry), (.failed, .retry): return RolloutLife(.rollingBack)

        case (.pending, .rollBack), (.running, .rollBack), (.awaitingApproval, .rollBack),
            (.paused, .rollBack), (.rollingBack, .rollBack), (.succeeded, .rollBack), (.aborted, .rollBack),
            (.failed, .rollBack):
            return RolloutLife(.rollingBack)
        case (.rolledBack, .rollBack): return self
        case (.rollingBack, .returned), (.rolledBack, .returned): return RolloutLife(.rolledBack)
        case (.rollingBack, .fail), (.failed, .fail): return RolloutLife(.failed)

        case (.pending, .abort), (.running, .abort), (.awaitingApproval, .abort), (.paused, .abort),
            (.rollingBack, .abort), (.aborted, .abort):
            return RolloutLife(.aborted)

        case (.awaitingApproval, .resume):
            throw refused(event, "it awaits approval", "POST :approve or :reject")
        case (.paused, .approve):
            throw refused(event, "it is paused", "resume it: it asks for approval when it comes to it")
        case (.pending, .approve), (.running, .approve), (.rollingBack, .approve):
            throw refused(event, "it does not await approval", "GET it again")
        case (.pending, .retry):
            throw refused(event, "nothing has been begun", "wait for its first cells")
        case (.running, .begin), (.paused, .begin), (.awaitingApproval, .begin), (.rollingBack, .begin),
            (.pending, .awaitApproval), (.paused, .awaitApproval), (.rollingBack, .awaitApproval),
            (.pending, .succeed), (.paused, .succeed), (.awaitingApproval, .succeed),
            (.rollingBack, .succeed),
            (.pending, .returned), (.running, .returned), (.paused, .returned),
            (.awaitingApproval, .returned),
            (.pending, .fail), (.running, .fail), (.paused, .fail), (.awaitingApproval, .fail):
            throw refused(event, "it is no step from here", "GET it again")
        case (.succeeded, _), (.rolledBack, _), (.aborted, _), (.failed, _):
            throw RegistryError(
                .operationDone, "The rollout has ended: it is \(state.rawValue).",
                nextSteps: state == .rolledBack
                    ? ["start a new rollout"] : ["start a new rollout", "POST :rollback undoes this one"])
        }
    }

    private func refused(_ event: RolloutEvent, _ why: String, _ next: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The rollout is \(state.rawValue) and can't take '\(event.rawValue)': \(why).",
            nextSteps: [next])
    }
}
