import JSON

/// Tenants of one source cell that are announced, frozen and cut over together.
public struct Batch: Sendable, Equatable {
    public var operation: OperationID
    /// From 1, in the order of planning.
    public var number: Int64
    public var state: BatchState
    public var source: CellID
    public var tenants: Int64
    public var moved: Int64
    /// Tenants that could not be moved, and stay where they were: the move of each says why. Not those that went back
    /// because the operation was cancelled.
    public var failed: Int64

    /// The routing revisions that its steps published: A, F and C of the protocol.
    public var announced: Revision?
    public var frozen: Revision?
    public var cutover: Revision?
    /// Written in the transaction that freezes: from here on the tenants unfreeze, whatever has crashed.
    public var freezeDeadline: Timestamp?
    /// Freezes that were begun.
    public var attempt: Int64
    /// After a freeze that expired: when the next may begin.
    public var notBefore: Timestamp?
    public var heldBy: Barrier.Guard?
    /// What was observed when the barrier let it through (`Barrier.evidence`).
    public var barrier: JSONObject

    /// The last phase that the mover has done.
    public var phase: MoverPhase?
    /// The mover's last word, for people.
    public var message: String

    public var beganAt: Timestamp?
    public var frozenAt: Timestamp?
    public var cutoverAt: Timestamp?
    public var settledAt: Timestamp?
    public var windowEndsAt: Timestamp?

    public init(
        operation: OperationID, number: Int64, state: BatchState = .planned, source: CellID, tenants: Int64
    ) {
        self.operation = operation
        self.number = number
        self.state = state
        self.source = source
        self.tenants = tenants
        moved = 0
        failed = 0
        attempt = 0
        barrier = [:]
        message = ""
    }

    /// How long its tenants' writes were refused, where they have been cut over.
    public var frozenFor: Duration? {
        guard let frozenAt, let cutoverAt else { return nil }
        return .milliseconds(cutoverAt.rawValue - frozenAt.rawValue)
    }

    /// What the API shows of it.
    ///
    /// - Parameter waitingFor: what is observed to stand in its way now.
    public func shown(waitingFor blockers: [Blocker]) -> JSONObject {
        func revision(_ revision: Revision?) -> JSONValue { revision.map { .integer($0.rawValue) } ?? .null }
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        var barrier = barrier
        barrier["heldBy"] = heldBy.map { .string($0.rawValue) } ?? .null
        if barrier["heldAt"] == nil { barrier["heldAt"] = .null }
        barrier["waitingFor"] = .array(blockers.prefix(Limits.blockersShownMax).map(\.document))
        var object: JSONObject = [
            "number": .integer(number), "state": .string(state.rawValue), "source": .string(source.rawValue),
            "tenants": .integer(tenants), "moved": .integer(moved), "failed": .integer(failed),
            "announcedRevision": revision(announced), "frozenRevision": revision(frozen),
            "cutoverRevision": revision(cutover), "freezeDeadline": time(freezeDeadline),
            "frozenFor": frozenFor.map { .string($0.go) } ?? .null, "reversibleUntil": time(windowEndsAt),
            "attempt": .integer(max(attempt, 1)), "barrier": .object(barrier),
        ]
        if let notBefore { object["notBefore"] = time(notBefore) }
        if let phase { object["moverPhase"] = .string(phase.rawValue) }
        if !message.isEmpty { object["message"] = .string(message) }
        return object
    }
}
