import JSON

// What happens to a restore. `now` is the wall clock's time, `steady` that of the clock without jumps, by which leases and
// deadlines count.
extension Restore {
    /// - Throws: `stateConflict` for what can't happen in its phase; nothing has changed then.
    private mutating func take(_ event: RestoreEvent, at now: Timestamp) throws(RegistryError) {
        let after = try phase.after(event)
        guard after != phase else { return }
        phase = after
        updatedAt = now
        guard after.isTerminal else { return }
        completedAt = completedAt ?? now
        deadline = nil
    }

    /// Given up, by the control plane.
    ///
    /// - Throws: `stateConflict`.
    public mutating func fail(
        _ failure: BackupFailure, _ message: String, at now: Timestamp, steady: Timestamp
    ) throws(RegistryError) {
        try take(failure == .targetServes ? .failValidation : .fail, at: now)
        self.failure = failure
        self.message = message
        claim?.end(at: steady)
    }

    /// - Throws: `stateConflict`.
    public mutating func begin(
        _ claim: Claim, at now: Timestamp, steady: Timestamp
    ) throws(RegistryError) {
        try take(.claim, at: now)
        self.claim = claim
        startedAt = now
        deadline = steady.advanced(byMilliseconds: runTimeout.milliseconds)
    }

    /// - Throws: `stateConflict`, whose blocker of kind `report` names the refusal.
    public mutating func take(
        _ report: RestoreReport, at now: Timestamp, steady: Timestamp
    ) throws(RegistryError) {
        let noun = "restore '\(name)'"
        guard var claim else {
            throw BackupReport.Refusal.foreignToken.error(noun, "nobody has claimed it")
        }
        if let (refusal, why) = claim.refusal(
            of: report.token, observedAt: report.observedAt, since: startedAt ?? updatedAt, now: now)
        {
            throw refusal.error(noun, why)
        }
        if failure.map({ $0 != .reported }) == true {
            throw BackupReport.Refusal.notAsked.error(noun, "it was given up: \(message)")
        }
        let event = report.event ?? .progress
        guard (try? phase.after(event)) != nil else {
            throw BackupReport.Refusal.notAsked.error(
                noun, "it is \(phase.rawValue), which '\(event.rawValue)' can't change")
        }
        let wasTerminal = phase.isTerminal
        try take(event, at: now)
        if !wasTerminal {
            if let warnings = report.warnings { self.warnings = warnings }
            if let errors = report.errors { self.errors = errors }
            if let message = report.message { self.message = message }
        }
        if phase == .failed || phase == .failedValidation { failure = failure ?? .reported }
        if phase.isTerminal { claim.end(at: steady) } else { claim.renew(at: steady) }
        self.claim = claim
    }

    /// Why the control plane gives it up now; nil where it does not.
    public func givenUp(at steady: Timestamp) -> (failure: BackupFailure, message: String)? {
        if phase.isInFlight, let claim, !claim.isLive(at: steady) {
            return (.workerSilent, "its worker '\(claim.worker)' was not heard of until its lease ended")
        }
        guard !phase.isTerminal, let deadline, deadline <= steady else { return nil }
        let what = startedAt == nil ? "nobody has taken it up" : "it had not ended"
        return (.timedOut, "\(what) after \(runTimeout.go), which is how long it may take")
    }
}

/// What the holder of a claim says of its restore.
public struct RestoreReport: Sendable, Equatable {
    public var token: FencingToken
    /// Nil: still at it, which renews the lease.
    public var event: RestoreEvent?
    public var warnings: Int64?
    public var errors: Int64?
    public var message: String?
    public var observedAt: Timestamp

    /// - Parameter now: when it was observed, where it does not say so.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, now: Timestamp) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let token = reader.required("fencingToken", reader.integer("fencingToken", in: 1...Int64.max))
        event = reader.parsed(
            "phase", "must be one of \(Self.phases.map(\.phase.rawValue).joined(separator: ", "))"
        ) { name in Self.phases.first { $0.phase.rawValue == name }?.event }
        warnings = reader.integer("warnings", in: 0...Limits.backupItemsMax)
        errors = reader.integer("errors", in: 0...Limits.backupItemsMax)
        message = reader.string("message", bytesMax: Limits.reportMessageBytesMax)
        let observedAt = reader.timestamp("observedAt")
        try reader.finish()
        self.token = FencingToken(rawValue: token ?? 0)
        self.observedAt = observedAt ?? now
    }

    /// The phases that can be reported.
    public static let phases: [(phase: RestorePhase, event: RestoreEvent)] = [
        (.inProgress, .progress), (.waiting, .wait), (.waitingPartiallyFailed, .waitPartiallyFailed),
        (.finalizing, .finalize), (.finalizingPartiallyFailed, .finalizePartiallyFailed),
        (.completed, .complete), (.partiallyFailed, .partiallyFail), (.failed, .fail),
        (.failedValidation, .failValidation),
    ]
}
