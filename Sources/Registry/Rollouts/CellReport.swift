import JSON

/// What an executor says of the cell that it has claimed.
public struct CellReport: Sendable, Equatable {
    public var token: FencingToken
    /// What was observed to run; nil where that has no name.
    public var release: ReleaseName?
    /// Nil: still at it. That renews the lease, and says nothing of the cell.
    public var healthy: Bool?
    /// False: the cell can't be reached, so nothing was observed.
    public var isReachable: Bool
    public var observedAt: Timestamp
    public var message: String

    public init(
        token: FencingToken, release: ReleaseName?, healthy: Bool?, isReachable: Bool = true,
        observedAt: Timestamp, message: String = ""
    ) {
        self.token = token
        self.release = release
        self.healthy = healthy
        self.isReachable = isReachable
        self.observedAt = observedAt
        self.message = message
    }

    /// - Parameter now: when it was observed, where it does not say so.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, now: Timestamp) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let token = reader.required("fencingToken", reader.integer("fencingToken", in: 1...Int64.max))
        let release = reader.converted("release", Names.wordRule) { value -> ReleaseName?? in
            value.isNull ? .some(nil) : value.string.flatMap(ReleaseName.init).map { .some($0) }
        }
        let healthy = reader.bool("healthy")
        let isReachable = reader.bool("reachable") ?? true
        let observedAt = reader.timestamp("observedAt")
        let message = reader.string("message", bytesMax: Limits.reportMessageBytesMax)
        if healthy != nil, !isReachable {
            reader.report("healthy", "must be left out where the cell can't be reached")
        }
        if healthy != nil, !reader.has("release") {
            reader.report("release", "is required: health counts for the release that it was observed on")
        }
        try reader.finish()
        self.init(
            token: FencingToken(rawValue: token ?? 0), release: release ?? nil, healthy: healthy,
            isReachable: isReachable, observedAt: observedAt ?? now, message: message ?? "")
    }

    /// Why a report does not count.
    public enum Refusal: String, Sendable, CaseIterable {
        /// No claim of this cell ever had the token.
        case foreignToken
        /// A later claim holds the cell.
        case staleToken
        case anotherRelease
        /// Health from before the change says nothing about it.
        case beforeTheChange
        case fromTheFuture
        /// Nothing is waited for that it could say.
        case notAsked
        /// Its window reaches back before the change, or its gate is none of the rollout's.
        case notAboutTheChange
    }
}

extension RolloutCell {
    /// What a report means; nil for one that only renews the lease.
    ///
    /// - Throws: `stateConflict`, whose blocker of kind `report` names the refusal.
    func judge(
        _ report: CellReport, of release: ReleaseName, at now: Timestamp
    ) throws(RegistryError) -> RolloutCellEvent? {
        guard let claim, report.token <= claim.token else {
            throw refused(.foreignToken, "no claim of this cell has the fencing token \(report.token)")
        }
        guard report.token == claim.token else {
            throw refused(
                .staleToken, "the token \(report.token) is over: '\(claim.worker)' has claimed the cell since"
            )
        }
        guard report.observedAt <= now.advanced(byMilliseconds: Limits.reportSkewMax.milliseconds) else {
            throw refused(.fromTheFuture, "it was observed at \(report.observedAt), and it is \(now)")
        }
        // Scripts that tell whole seconds are believed for the second of the claim.
        let since = (startedAt ?? now).startOfSecond
        guard report.observedAt >= since else {
            throw refused(
                .beforeTheChange, "it was observed at \(report.observedAt), and the change began at \(since)")
        }
        guard report.isReachable else { return try asked(.unreachable) }
        guard let healthy = report.healthy else {
            guard life.isInFlight || state == .baking else {
                throw refused(.notAsked, "it is \(state.rawValue), and nothing of it is under way")
            }
            return nil
        }
        try checkRelease(report.release, of: release)
        return try asked(healthy ? .healthy : .unhealthy)
    }

    private func asked(_ event: RolloutCellEvent) throws(RegistryError) -> RolloutCellEvent {
        guard (try? life.after(event)) != nil else {
            throw refused(.notAsked, "it is \(state.rawValue), which '\(event.rawValue)' can't change")
        }
        return event
    }

    private func checkRelease(_ observed: ReleaseName?, of release: ReleaseName) throws(RegistryError) {
        switch state {
        case .rollbackPending, .abandoned:
            // A last word, whatever the worker has come to.
            return
        case .rollingBack, .rolledBack, .rollbackFailed:
            let target = before?.release
            // Where what it ran has no name here, anything but what it is taken back from will do.
            guard target == nil ? observed != release : observed == target else {
                throw refused(
                    .anotherRelease,
                    "it was observed on \(observed?.rawValue ?? "none"), and goes back to \(target?.rawValue ?? "what it ran before")"
                )
            }
        case .pending, .updating, .baking, .succeeded, .failed, .unreachable, .skipped:
            guard observed == release else {
                throw refused(
                    .anotherRelease,
                    "it was observed on \(observed?.rawValue ?? "none"), and the rollout is about \(release)")
            }
        }
    }

    func refused(_ refusal: CellReport.Refusal, _ why: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The report on the cell '\(cell)' does not count: \(why).",
            blockers: [Blocker(kind: "report", id: refusal.rawValue, message: why)],
            nextSteps: refusal == .anotherRelease
                ? ["report once the cell runs it", "leave out 'healthy' to renew the lease"]
                : ["stop work on this cell", "POST :claim for another"])
    }
}

extension Timestamp {
    var startOfSecond: Timestamp {
        let rest = ((rawValue % 1000) + 1000) % 1000
        return Timestamp(rawValue: rawValue - rest)
    }
}
