import JSON

/// One measurement of a gate on a cell.
public struct GateEvidence: Sendable, Equatable {
    public enum Outcome: String, Sendable, CaseIterable {
        case good, bad
        /// There was nothing to judge by.
        case missing
    }

    public var cell: CellID
    public var release: ReleaseName
    /// The cell's attempt when the measurement was begun.
    public var attempt: Int
    public var gate: String
    public var outcome: Outcome
    public var value: Double?
    public var message: String
    /// The instant that it is about; its window ends there.
    public var observedAt: Timestamp
    /// The time of the report that it is from, by its reporter's clock, by which the same report is known again; nil where
    /// this server has looked itself.
    public var reportedAt: Timestamp?

    public init(
        cell: CellID, release: ReleaseName, attempt: Int, gate: String, outcome: Outcome,
        value: Double? = nil, message: String = "", observedAt: Timestamp
    ) {
        self.cell = cell
        self.release = release
        self.attempt = attempt
        self.gate = gate
        self.outcome = outcome
        self.value = value
        self.message = message
        self.observedAt = observedAt
    }
}

/// What a gate's evidence on one cell adds up to, in one attempt.
///
/// A single bad measurement between good ones is a flap: it starts the bake clock anew, and fails nobody.
public struct GateTally: Sendable, Equatable {
    public enum Verdict: String, Sendable, CaseIterable {
        case undecided, passing, failing
    }

    public var gate: String
    /// In a row, up to the newest.
    public var good: Int
    public var bad: Int
    public var newest: GateEvidence.Outcome?
    public var value: Double?
    public var message: String
    public var observedAt: Timestamp?
    /// Of the newest report that has counted, by its reporter's clock.
    public var reportedAt: Timestamp?

    public init(
        gate: String, good: Int = 0, bad: Int = 0, newest: GateEvidence.Outcome? = nil, value: Double? = nil,
        message: String = "", observedAt: Timestamp? = nil, reportedAt: Timestamp? = nil
    ) {
        self.gate = gate
        self.good = good
        self.bad = bad
        self.newest = newest
        self.value = value
        self.message = message
        self.observedAt = observedAt
        self.reportedAt = reportedAt
    }

    mutating func add(_ evidence: GateEvidence, for gate: Gate) {
        newest = evidence.outcome
        value = evidence.value
        message = evidence.message
        observedAt = evidence.observedAt
        reportedAt = evidence.reportedAt ?? reportedAt
        switch (evidence.outcome, gate.onMissing) {
        case (.good, _), (.missing, .pass):
            good += 1
            bad = 0
        case (.bad, _), (.missing, .fail):
            bad += 1
            good = 0
        case (.missing, .wait):
            // Neither speaks for the cell nor against it; what it had for itself is too old now.
            good = 0
        }
    }

    public func verdict(of gate: Gate) -> Verdict {
        if bad >= gate.failureThreshold { return .failing }
        return good >= gate.successThreshold ? .passing : .undecided
    }

    /// True once it has passed by what was seen at the end of the bake, not by what was at its beginning.
    func passes(_ gate: Gate, bakedAt end: Timestamp) -> Bool {
        guard verdict(of: gate) == .passing, let observedAt else { return false }
        return observedAt.advanced(byMilliseconds: gate.interval.milliseconds) >= end
    }

    public func document(of gate: Gate) -> JSONValue {
        guard case .object(var object) = kept else { preconditionFailure("a tally is an object") }
        object["verdict"] = .string(verdict(of: gate).rawValue)
        return .object(object)
    }

    /// What is stored of it, for `init(kept:)`.
    public var kept: JSONValue {
        var object: JSONObject = [
            "gate": .string(gate), "good": .integer(Int64(good)), "bad": .integer(Int64(bad)),
            "message": .string(message),
        ]
        if let newest { object["newest"] = .string(newest.rawValue) }
        if let value, value.isFinite { object["value"] = .number(value) }
        if let observedAt { object["observedAt"] = .string(observedAt.description) }
        if let reportedAt { object["reportedAt"] = .string(reportedAt.description) }
        return .object(object)
    }

    public init?(kept: JSONValue) {
        guard let gate = kept["gate"]?.string, let good = kept["good"]?.integer,
            let bad = kept["bad"]?.integer, let message = kept["message"]?.string
        else { return nil }
        self.init(
            gate: gate, good: Int(good), bad: Int(bad),
            newest: kept["newest"]?.string.flatMap(GateEvidence.Outcome.init), value: kept["value"]?.number,
            message: message, observedAt: kept["observedAt"]?.string.flatMap(Timestamp.init),
            reportedAt: kept["reportedAt"]?.string.flatMap(Timestamp.init))
    }
}
