import JSON

/// An executor's right to change a cell, until its lease ends or another claim takes its place.
public struct Claim: Sendable, Equatable {
    public var worker: String
    public var token: FencingToken
    public var lease: Duration
    public var leaseEndsAt: Timestamp

    public init(worker: String, token: FencingToken, lease: Duration, now: Timestamp) {
        self.worker = worker
        self.token = token
        self.lease = lease
        leaseEndsAt = now.advanced(byMilliseconds: lease.milliseconds)
    }

    public init(worker: String, token: FencingToken, lease: Duration, leaseEndsAt: Timestamp) {
        self.worker = worker
        self.token = token
        self.lease = lease
        self.leaseEndsAt = leaseEndsAt
    }

    /// Nobody else may change the cell. A lease that ends later than one begun now would is one of a clock that has been
    /// put back, and is over.
    public func isLive(at now: Timestamp) -> Bool {
        now < leaseEndsAt && leaseEndsAt <= now.advanced(byMilliseconds: lease.milliseconds)
    }

    mutating func renew(at now: Timestamp) {
        leaseEndsAt = now.advanced(byMilliseconds: lease.milliseconds)
    }

    mutating func end(at now: Timestamp) { leaseEndsAt = min(leaseEndsAt, now) }

    public var document: JSONValue {
        [
            "worker": .string(worker), "fencingToken": .integer(token.rawValue),
            "leaseExpiresAt": .string(leaseEndsAt.description),
        ]
    }
}

/// What `:claim` takes.
public struct ClaimRequest: Sendable, Equatable {
    public var worker: String
    /// Nil: as the strategy has it.
    public var lease: Duration?
    /// This cell and no other; nil: the next in line.
    public var cell: CellID?

    public init(worker: String, lease: Duration? = nil, cell: CellID? = nil) {
        self.worker = worker
        self.lease = lease
        self.cell = cell
    }

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let rule = "must be 1 to \(Limits.workerNameBytesMax) bytes without control characters"
        let worker = reader.required(
            "worker",
            reader.parsed("worker", rule) {
                (1...Limits.workerNameBytesMax).contains($0.utf8.count) && Names.isPrintable($0) ? $0 : nil
            })
        lease = reader.duration("lease", in: Limits.claimLeases)
        cell = reader.parsed("cell", Names.dnsLabelRule, CellID.init)
        try reader.finish()
        self.worker = worker ?? ""
    }
}

/// What a claim answers: the cell, and what to bring it to.
public struct ClaimedWork: Sendable, Equatable {
    public enum Action: String, Sendable, CaseIterable {
        case update, rollback
    }

    public var cell: CellID
    public var action: Action
    public var target: CellVersions
    public var attempt: Int
    public var claim: Claim

    /// `release` is null, and an image too, where only the executor can know what the cell ran before.
    public var document: JSONValue {
        [
            "cell": .string(cell.rawValue), "action": .string(action.rawValue),
            "release": target.release.map { .string($0.rawValue) } ?? .null, "images": target.images,
            "fencingToken": .integer(claim.token.rawValue),
            "leaseExpiresAt": .string(claim.leaseEndsAt.description), "attempt": .integer(Int64(attempt)),
        ]
    }
}
