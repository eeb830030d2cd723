/// Where a restore stands, in Velero's words.
public enum RestorePhase: String, Sendable, CaseIterable {
    /// May be taken up.
    case new = "New"
    /// Never begun: it asks for what can't be, or can't be any more.
    case failedValidation = "FailedValidation"
    case inProgress = "InProgress"
    case waiting = "WaitingForPluginOperations"
    case waitingPartiallyFailed = "WaitingForPluginOperationsPartiallyFailed"
    case finalizing = "Finalizing"
    case finalizingPartiallyFailed = "FinalizingPartiallyFailed"
    case completed = "Completed"
    case partiallyFailed = "PartiallyFailed"
    case failed = "Failed"

    /// Until its end it reads its backup.
    public var isTerminal: Bool {
        switch self {
        case .failedValidation, .completed, .partiallyFailed, .failed: true
        case .new, .inProgress, .waiting, .waitingPartiallyFailed, .finalizing, .finalizingPartiallyFailed:
            false
        }
    }

    /// Somebody works on it.
    public var isInFlight: Bool { !isTerminal && self != .new }

    public static let terminal = allCases.filter(\.isTerminal)
}

/// What happens to a restore.
public enum RestoreEvent: String, Sendable, CaseIterable {
    case claim
    /// Still at it.
    case progress
    case wait
    case waitPartiallyFailed
    case finalize
    case finalizePartiallyFailed
    case complete
    case partiallyFail
    case fail
    case failValidation
}

extension RestorePhase {
    /// The same again where it already is so: a repeated report must not fail.
    ///
    /// - Throws: `stateConflict` for what can't be now.
    public func after(_ event: RestoreEvent) throws(RegistryError) -> RestorePhase {
        switch self {
        case .new:
            switch event {
            case .claim: return .inProgress
            case .fail: return .failed
            case .failValidation: return .failedValidation
            case .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed, .complete,
                .partiallyFail:
                throw refused(event, "it has not begun")
            }
        case .failedValidation:
            switch event {
            case .failValidation: return self
            case .claim, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .partiallyFail, .fail:
                throw refused(event, "it has ended")
            }
        case .inProgress:
            switch event {
            case .progress: return self
            case .wait: return .waiting
            case .waitPartiallyFailed: return .waitingPartiallyFailed
            case .finalize: return .finalizing
            case .finalizePartiallyFailed: return .finalizingPartiallyFailed
            case .complete: return .completed
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .failValidation: return .failedValidation
            case .claim:
                throw refused(event, "it is under way")
            }
        case .waiting:
            switch event {
            case .progress, .wait: return self
            case .waitPartiallyFailed: return .waitingPartiallyFailed
            case .finalize: return .finalizing
            case .finalizePartiallyFailed: return .finalizingPartiallyFailed
            case .complete: return .completed
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .claim, .failValidation:
                throw refused(event, "it is under way")
            }
        case .waitingPartiallyFailed:
            switch event {
            case .progress, .waitPartiallyFailed: return self
            case .finalizePartiallyFailed: return .finalizingPartiallyFailed
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .claim, .wait, .finalize, .complete, .failValidation:
                throw refused(event, "it is under way")
            }
        case .finalizing:
            switch event {
            case .progress, .finalize: return self
            case .finalizePartiallyFailed: return .finalizingPartiallyFailed
            case .complete: return .completed
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .claim, .wait, .waitPartiallyFailed, .failValidation:
                throw refused(event, "it is under way")
            }
        case .finalizingPartiallyFailed:
            switch event {
            case .progress, .finalizePartiallyFailed: return self
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .claim, .wait, .waitPartiallyFailed, .finalize, .complete, .failValidation:
                throw refused(event, "it is under way")
            }
        case .completed:
            switch event {
            case .complete: return self
            case .claim, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .partiallyFail, .fail, .failValidation:
                throw refused(event, "it has ended")
            }
        case .partiallyFailed:
            switch event {
            case .partiallyFail: return self
            case .claim, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .fail, .failValidation:
                throw refused(event, "it has ended")
            }
        case .failed:
            switch event {
            case .fail: return self
            case .claim, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .partiallyFail, .failValidation:
                throw refused(event, "it has ended")
            }
        }
    }

    private func refused(_ event: RestoreEvent, _ why: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The restore is \(rawValue) and can't take '\(event.rawValue)': \(why).",
            nextSteps: ["GET it again"])
    }
}
