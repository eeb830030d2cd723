// What happens to a backup. `now` is the wall clock's time, `steady` that of the clock without jumps, by which leases and
// deadlines count.
extension Backup {
    /// - Returns: false where nothing is left of it.
    /// - Throws: `stateConflict` for what can't happen in its phase; nothing has changed then.
    @discardableResult
    public mutating func take(_ event: BackupEvent, at now: Timestamp) throws(RegistryError) -> Bool {
        guard let after = try phase.after(event) else { return false }
        guard after != phase else { return true }
        phase = after
        updatedAt = now
        if after.isTerminal {
            completedAt = completedAt ?? now
            deadline = nil
        }
        // The claim of a run is none to delete it by.
        if after == .deleting { claim = nil }
        return true
    }

    /// May be taken up from now on, for as long as a run may take.
    ///
    /// - Throws: `stateConflict`.
    public mutating func becomeReady(at now: Timestamp, steady: Timestamp) throws(RegistryError) {
        if phase == .queued { try take(.ready, at: now) }
        deadline = steady.advanced(byMilliseconds: runTimeout.milliseconds)
    }

    /// Waits for the run before it.
    ///
    /// - Throws: `stateConflict`.
    public mutating func queue(at now: Timestamp) throws(RegistryError) {
        try take(.queue, at: now)
        deadline = nil
    }

    /// Given up, by the control plane.
    ///
    /// - Throws: `stateConflict`.
    public mutating func fail(
        _ failure: BackupFailure, _ message: String, at now: Timestamp, steady: Timestamp
    ) throws(RegistryError) {
        try take(failure == .coversNothing ? .failValidation : .fail, at: now)
        self.failure = failure
        result.message = message
        claim?.end(at: steady)
    }

    /// Taken up: to be made, or to be deleted.
    ///
    /// - Parameter covers: its scope, resolved now; nothing where it is to be deleted.
    /// - Throws: `stateConflict`.
    public mutating func begin(
        _ claim: Claim, covers: BackupCover?, at now: Timestamp, steady: Timestamp
    ) throws(RegistryError) -> ClaimedBackup {
        try take(.claim, at: now)
        self.claim = claim
        updatedAt = now
        guard phase != .deleting else { return ClaimedBackup(backup: self, action: .delete, claim: claim) }
        if let covers { self.covers = covers }
        startedAt = now
        expiresAt = now.advanced(byMilliseconds: ttl.milliseconds)
        deadline = steady.advanced(byMilliseconds: runTimeout.milliseconds)
        return ClaimedBackup(backup: self, action: .backup, claim: claim)
    }

    /// - Returns: false where nothing is left of it.
    /// - Throws: `stateConflict`, whose blocker of kind `report` names the refusal.
    public mutating func take(
        _ report: BackupReport, at now: Timestamp, steady: Timestamp
    ) throws(RegistryError) -> Bool {
        let noun = "backup '\(name)'"
        guard var claim else {
            throw BackupReport.Refusal.foreignToken.error(noun, "nobody has claimed it")
        }
        let since = phase == .deleting ? updatedAt : startedAt ?? updatedAt
        if let (refusal, why) = claim.refusal(
            of: report.token, observedAt: report.observedAt, since: since, now: now)
        {
            throw refusal.error(noun, why)
        }
        if failure.map({ $0 != .reported }) == true {
            throw BackupReport.Refusal.notAsked.error(noun, "it was given up: \(result.message)")
        }
        let event = report.event ?? .progress
        let isDeletion = phase == .deleting
        guard isDeletion || event != .gone, phase.takes(event) else {
            throw BackupReport.Refusal.notAsked.error(
                noun, "it is \(phase.rawValue), which '\(event.rawValue)' can't change")
        }
        let wasTerminal = phase.isTerminal
        guard try take(event, at: now) else { return false }
        // What was said at the end is not said anew by a repetition.
        if !wasTerminal { result.take(report.said) }
        if phase == .failed || phase == .failedValidation { failure = failure ?? .reported }
        if event == .fail, isDeletion {
            // Whoever could not delete it need not be waited for.
            claim.end(at: steady)
        } else if phase.isTerminal {
            claim.end(at: steady)
        } else {
            claim.renew(at: steady)
        }
        self.claim = claim
        return true
    }

    /// Why the control plane gives it up now; nil where it does not.
    public func givenUp(at steady: Timestamp) -> (failure: BackupFailure, message: String)? {
        if phase.isInFlight, let claim, !claim.isLive(at: steady) {
            return (.workerSilent, "its worker '\(claim.worker)' was not heard of until its lease ended")
        }
        guard phase.isUnderWay, let deadline, deadline <= steady else { return nil }
        let what = startedAt == nil ? "nobody has taken it up" : "it had not ended"
        return (.timedOut, "\(what) after \(runTimeout.go), which is how long it may take")
    }
}
