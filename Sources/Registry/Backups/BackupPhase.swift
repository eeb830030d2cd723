/// Where a backup stands, in Velero's words.
public enum BackupPhase: String, Sendable, CaseIterable {
    /// May be taken up.
    case new = "New"
    /// Waits for the run before it, of the same schedule.
    case queued = "Queued"
    /// Its turn has come: may be taken up.
    case readyToStart = "ReadyToStart"
    /// Never begun: it asks for what can't be.
    case failedValidation = "FailedValidation"
    case inProgress = "InProgress"
    case waiting = "WaitingForPluginOperations"
    case waitingPartiallyFailed = "WaitingForPluginOperationsPartiallyFailed"
    case finalizing = "Finalizing"
    case finalizingPartiallyFailed = "FinalizingPartiallyFailed"
    case completed = "Completed"
    case partiallyFailed = "PartiallyFailed"
    case failed = "Failed"
    /// Until whoever carries it out says that it is gone.
    case deleting = "Deleting"

    /// Nothing more comes of it by itself.
    public var isTerminal: Bool {
        switch self {
        case .failedValidation, .completed, .partiallyFailed, .failed: true
        case .new, .queued, .readyToStart, .inProgress, .waiting, .waitingPartiallyFailed, .finalizing,
            .finalizingPartiallyFailed, .deleting:
            false
        }
    }

    /// Somebody may take it up.
    public var isClaimable: Bool { self == .new || self == .readyToStart }

    /// Somebody works on it.
    public var isInFlight: Bool {
        switch self {
        case .inProgress, .waiting, .waitingPartiallyFailed, .finalizing, .finalizingPartiallyFailed: true
        case .new, .queued, .readyToStart, .failedValidation, .completed, .partiallyFailed, .failed,
            .deleting:
            false
        }
    }

    /// A run that has not ended: its schedule's next one meets it.
    public var isUnderWay: Bool { !isTerminal && self != .deleting }

    public static let terminal = allCases.filter(\.isTerminal)
}

/// What happens to a backup, by its executor, by operators and by the control plane's own steps alike.
public enum BackupEvent: String, Sendable, CaseIterable {
    case queue
    /// The run before it has ended.
    case ready
    /// Taken up; of one that is deleted, the deletion is.
    case claim
    /// Still at it.
    case progress
    case wait
    case waitPartiallyFailed
    case finalize
    case finalizePartiallyFailed
    case complete
    case partiallyFail
    /// Of one that is deleted: it could not be, and is tried again.
    case fail
    case failValidation
    case delete
    /// There is nothing left of it.
    case gone
}

extension BackupPhase {
    /// The same again where it already is so: a repeated report must not fail.
    ///
    /// - Returns: nil where nothing is left of it.
    /// - Throws: `stateConflict` for what can't be now.
    public func after(_ event: BackupEvent) throws(RegistryError) -> BackupPhase? {
        switch self {
        case .new:
            switch event {
            case .queue: return .queued
            case .claim: return .inProgress
            case .fail: return .failed
            case .failValidation: return .failedValidation
            case .delete: return nil
            case .ready, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .partiallyFail, .gone:
                throw refused(event, "it has not begun")
            }
        case .queued:
            switch event {
            case .queue: return self
            case .ready: return .readyToStart
            case .fail: return .failed
            case .failValidation: return .failedValidation
            case .delete: return nil
            case .claim, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .partiallyFail, .gone:
                throw refused(event, "it has not begun")
            }
        case .readyToStart:
            switch event {
            case .ready: return self
            case .claim: return .inProgress
            case .fail: return .failed
            case .failValidation: return .failedValidation
            case .delete: return nil
            case .queue, .progress, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .partiallyFail, .gone:
                throw refused(event, "it has not begun")
            }
        case .failedValidation:
            switch event {
            case .failValidation: return self
            case .delete: return .deleting
            case .gone: return nil
            case .queue, .ready, .claim, .progress, .wait, .waitPartiallyFailed, .finalize,
                .finalizePartiallyFailed, .complete, .partiallyFail, .fail:
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
            case .queue, .ready, .claim, .delete, .gone:
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
            case .queue, .ready, .claim, .failValidation, .delete, .gone:
                throw refused(event, "it is under way")
            }
        case .waitingPartiallyFailed:
            switch event {
            case .progress, .waitPartiallyFailed: return self
            case .finalizePartiallyFailed: return .finalizingPartiallyFailed
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .queue, .ready, .claim, .wait, .finalize, .complete, .failValidation, .delete, .gone:
                throw refused(event, "it is under way")
            }
        case .finalizing:
            switch event {
            case .progress, .finalize: return self
            case .finalizePartiallyFailed: return .finalizingPartiallyFailed
            case .complete: return .completed
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .queue, .ready, .claim, .wait, .waitPartiallyFailed, .failValidation, .delete, .gone:
                throw refused(event, "it is under way")
            }
        case .finalizingPartiallyFailed:
            switch event {
            case .progress, .finalizePartiallyFailed: return self
            case .partiallyFail: return .partiallyFailed
            case .fail: return .failed
            case .queue, .ready, .claim, .wait, .waitPartiallyFailed, .finalize, .complete,
                .failValidation, .delete, .gone:
                throw refused(event, "it is under way")
            }
        case .completed:
            switch event {
            case .complete: return self
            case .delete: return .deleting
            case .gone: return nil
            case .queue, .ready, .claim, .progress, .wait, .waitPartiallyFailed, .finalize,
                .finalizePartiallyFailed, .partiallyFail, .fail, .failValidation:
                throw refused(event, "it has ended")
            }
        case .partiallyFailed:
            switch event {
            case .partiallyFail: return self
            case .delete: return .deleting
            case .gone: return nil
            case .queue, .ready, .claim, .progress, .wait, .waitPartiallyFailed, .finalize,
                .finalizePartiallyFailed, .complete, .fail, .failValidation:
                throw refused(event, "it has ended")
            }
        case .failed:
            switch event {
            case .fail: return self
            case .delete: return .deleting
            case .gone: return nil
            case .queue, .ready, .claim, .progress, .wait, .waitPartiallyFailed, .finalize,
                .finalizePartiallyFailed, .complete, .partiallyFail, .failValidation:
                throw refused(event, "it has ended")
            }
        case .deleting:
            switch event {
            case .claim, .progress, .fail, .delete: return self
            case .gone: return nil
            case .queue, .ready, .wait, .waitPartiallyFailed, .finalize, .finalizePartiallyFailed,
                .complete, .partiallyFail, .failValidation:
                throw refused(event, "it is being deleted")
            }
        }
    }

    public func takes(_ event: BackupEvent) -> Bool {
        do {
            _ = try after(event)
            return true
        } catch {
            return false
        }
    }

    private func refused(_ event: BackupEvent, _ why: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The backup is \(rawValue) and can't take '\(event.rawValue)': \(why).",
            nextSteps: ["GET it again"])
    }
}
