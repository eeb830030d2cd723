/// Where an operation stands.
public enum OperationState: String, Sendable, CaseIterable {
    /// Its reconciler takes steps, or waits for what it names as blockers.
    case running
    /// Nothing new is begun; what was under way is brought to a place where it may rest.
    case paused
    case succeeded
    /// It ended without having done all: the blockers say what is left.
    case failed
    case cancelled

    public var isDone: Bool {
        switch self {
        case .running, .paused: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// What happens to an operation: the first three by operators, the others by its reconciler.
public enum OperationEvent: String, Sendable, CaseIterable {
    case pause
    case resume
    case cancel
    /// All is done, and that was observed.
    case succeed
    /// No step is left, and not all is done.
    case fail
    /// After a cancel: everything is whole again.
    case settle
}

/// An operation's state, and whether it is on its way to being cancelled: that takes as long as it takes to leave
/// everything whole, and can't be paused or taken back.
public struct OperationLife: Sendable, Equatable {
    public var state: OperationState
    public var isCancelling: Bool

    public init(_ state: OperationState, isCancelling: Bool = false) {
        self.state = state
        self.isCancelling = isCancelling
    }

    /// What was asked of it last: `run`, `pause` or `cancel`.
    public var intent: String {
        switch state {
        case .running: isCancelling ? "cancel" : "run"
        case .paused: "pause"
        case .succeeded, .failed: "run"
        case .cancelled: "cancel"
        }
    }

    /// - Throws: `operationDone` for an operator's wish once it has ended; `stateConflict` for what can't be now.
    public func after(_ event: OperationEvent) throws(RegistryError) -> OperationLife {
        switch (state, event) {
        case (.running, .pause), (.paused, .pause):
            guard !isCancelling else { throw refused(event, "it is being cancelled") }
            return OperationLife(.paused)
        case (.running, .resume), (.paused, .resume):
            guard !isCancelling else { throw refused(event, "it is being cancelled") }
            return OperationLife(.running)
        case (.running, .cancel), (.paused, .cancel), (.cancelled, .cancel):
            return state.isDone ? self : OperationLife(.running, isCancelling: true)
        case (.running, .succeed):
            // A cancel that came too late to keep anything from being done.
            return OperationLife(.succeeded)
        case (.running, .fail):
            guard !isCancelling else { throw refused(event, "it is being cancelled") }
            return OperationLife(.failed)
        case (.running, .settle):
            guard isCancelling else { throw refused(event, "nobody has cancelled it") }
            return OperationLife(.cancelled)
        case (.paused, .succeed), (.paused, .fail), (.paused, .settle):
            throw refused(event, "it is paused")
        case (.succeeded, _), (.failed, _), (.cancelled, _):
            throw RegistryError(
                .operationDone, "The operation has ended: it is \(state.rawValue).",
                nextSteps: ["GET it again: it shows how it ended"])
        }
    }

    private func refused(_ event: OperationEvent, _ why: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The operation is \(state.rawValue) and can't take '\(event.rawValue)': \(why).",
            nextSteps: ["GET it again, and wait for its end"])
    }
}
