import JSON

/// What the holder of a claim says of its backup.
public struct BackupReport: Sendable, Equatable {
    public var token: FencingToken
    /// Nil: still at it, which renews the lease.
    public var event: BackupEvent?
    public var said: BackupResult.Said
    public var observedAt: Timestamp

    public init(
        token: FencingToken, event: BackupEvent? = nil, said: BackupResult.Said = BackupResult.Said(),
        observedAt: Timestamp
    ) {
        self.token = token
        self.event = event
        self.said = said
        self.observedAt = observedAt
    }

    /// - Parameter now: when it was observed, where it does not say so.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, now: Timestamp) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let token = reader.required("fencingToken", reader.integer("fencingToken", in: 1...Int64.max))
        let event = reader.parsed(
            "phase", "must be one of \(Self.phases.map(\.name).joined(separator: ", "))"
        ) { name in Self.phases.first { $0.name == name }?.event }
        let said = BackupResult.Said(from: reader)
        let observedAt = reader.timestamp("observedAt")
        try reader.finish()
        self.init(
            token: FencingToken(rawValue: token ?? 0), event: event, said: said, observedAt: observedAt ?? now
        )
    }

    /// The phases that can be reported; `Deleted` of one that was claimed to be deleted.
    public static let phases: [(name: String, event: BackupEvent)] =
        [
            (.inProgress, .progress), (.waiting, .wait), (.waitingPartiallyFailed, .waitPartiallyFailed),
            (.finalizing, .finalize), (.finalizingPartiallyFailed, .finalizePartiallyFailed),
            (.completed, .complete), (.partiallyFailed, .partiallyFail), (.failed, .fail),
            (.failedValidation, .failValidation),
        ].map { (phase: BackupPhase, event: BackupEvent) in (phase.rawValue, event) } + [("Deleted", .gone)]

    /// Why a report does not count.
    public enum Refusal: String, Sendable, CaseIterable {
        /// No claim ever had the token.
        case foreignToken
        /// A later claim holds it.
        case staleToken
        case fromTheFuture
        /// It was observed before it was claimed.
        case beforeTheClaim
        /// It has ended, or can't come to that from where it is.
        case notAsked
    }
}

extension Claim {
    /// What is wrong with a report's token and time; nil where it may count.
    ///
    /// - Parameters:
    ///   - since: when it was claimed. Scripts that tell whole seconds are believed for the second of the claim.
    ///   - now: by the same clock.
    func refusal(
        of token: FencingToken, observedAt: Timestamp, since: Timestamp, now: Timestamp
    ) -> (BackupReport.Refusal, String)? {
        guard token <= self.token else {
            return (.foreignToken, "no claim of it has the fencing token \(token)")
        }
        guard token == self.token else {
            return (.staleToken, "the token \(token) is over: '\(worker)' has claimed it since")
        }
        guard observedAt <= now.advanced(byMilliseconds: Limits.reportSkewMax.milliseconds) else {
            return (.fromTheFuture, "it was observed at \(observedAt), and it is \(now)")
        }
        guard observedAt >= since.startOfSecond else {
            return (.beforeTheClaim, "it was observed at \(observedAt), and was claimed at \(since)")
        }
        return nil
    }
}

extension BackupReport.Refusal {
    func error(_ noun: String, _ why: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The report on the \(noun) does not count: \(why).",
            blockers: [Blocker(kind: "report", id: rawValue, message: why)],
            nextSteps: ["stop work on it", "POST :claim for another"])
    }
}
