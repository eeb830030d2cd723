import Registry

/// Copies the data of moving tenants, or knows that there is nothing to copy.
public protocol Mover: Sendable {
    /// One step: asks for the phase, or how far it is. May be repeated, after a crash too; takes no longer than
    /// `Limits.webhookTime` and the wait for a free thread.
    func call(_ call: MoverCall) async -> MoverOutcome
}

/// What is asked of a mover. The same migration, batch, phase and attempt is the same question, however often.
public struct MoverCall: Sendable {
    /// A tenant of the batch, and where it goes.
    public struct Item: Sendable, Equatable {
        public var tenant: TenantID
        public var target: CellID
        /// The tenant's on the source; the cutover makes it one more.
        public var epoch: Epoch

        public init(tenant: TenantID, target: CellID, epoch: Epoch) {
            self.tenant = tenant
            self.target = target
            self.epoch = epoch
        }
    }

    /// The operation's name.
    public var migration: String
    public var batch: Int64
    public var phase: MoverPhase
    /// Never goes down within a batch.
    public var attempt: Int64
    public var source: CellID
    public var tenants: [Item]
    /// When the answer stops to be of use; the call ends by then.
    public var deadline: Timestamp?
    /// Calls in a row, before this one, that were not answered: what the back-off grows by.
    public var failures: Int
    public var traceparent: String?

    public init(
        migration: String, batch: Int64, phase: MoverPhase, attempt: Int64, source: CellID, tenants: [Item],
        deadline: Timestamp? = nil, failures: Int = 0, traceparent: String? = nil
    ) {
        self.migration = migration
        self.batch = batch
        self.phase = phase
        self.attempt = attempt
        self.source = source
        self.tenants = tenants
        self.deadline = deadline
        self.failures = failures
        self.traceparent = traceparent
    }

    /// The idempotency key.
    public var id: String { "\(migration)/\(batch)/\(phase.rawValue)/\(attempt)" }
}

/// What came of a call. Each message is for people, printable, and holds no secret.
public enum MoverOutcome: Sendable, Equatable {
    case done(message: String)
    /// - progress: 0 to 1; nil where it is not known.
    case running(progress: Double?, message: String, askAgainAfter: Duration)
    /// The copier says that it can't. Final for this attempt.
    case failed(message: String)
    /// No answer, or one that says nothing, which may pass: whether the copier has begun is not known.
    case unreachable(message: String, retryAfter: Duration)
}

/// For cells that share their data tier: there is nothing to copy, and each phase is done at once.
public struct NoMover: Mover {
    public init() {}

    public func call(_ call: MoverCall) async -> MoverOutcome { .done(message: "") }
}
