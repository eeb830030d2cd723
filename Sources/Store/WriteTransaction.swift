import Crypto
import JSON
import Registry
import SQLite

/// One change of the registry, on the writer's thread: all of it is committed or none.
///
/// Each resource that is written is recorded in the same step as an audit event, and that event's number is the
/// resource's revision: there is no way to change one without the other.
public final class WriteTransaction: ReadTransaction {
    /// The one time of this transaction; never before the last event's.
    public let now: Timestamp
    public let context: ChangeContext
    /// What this transaction has recorded so far, in order.
    public private(set) var events: [AuditEvent] = []

    private var lastRevision: Revision
    private var lastHash: [UInt8]
    private let ledgerCache: CellLedger.Cache
    let rolloutCache: RolloutCache

    init(
        _ connection: Connection, context: ChangeContext, clock: Timestamp, ledgerCache: CellLedger.Cache,
        rolloutCache: RolloutCache
    ) throws {
        self.context = context
        self.ledgerCache = ledgerCache
        self.rolloutCache = rolloutCache
        rolloutCache.begin()
        let head = try connection.first(Self.headSQL) { ($0.int64(0), $0.bytes(1), $0.int64(2)) }
        lastRevision = Revision(rawValue: head?.0 ?? 0)
        lastHash = head?.1 ?? AuditChain.start
        now = max(clock, Timestamp(rawValue: head?.2 ?? clock.rawValue))
        super.init(connection)
    }

    private static let headSQL =
        "SELECT revision, hash, at_ms FROM audit_events ORDER BY revision DESC LIMIT 1"

    public override func revision() -> Revision { lastRevision }

    /// What stands on each cell, kept in memory from one transaction to the next while nothing else changed it.
    public func ledger() throws -> CellLedger {
        try ledgerCache.ledger(at: lastRevision) { try CellLedger(loading: connection) }
    }

    /// Writes the event of a change of `id`, and returns the resource's new revision.
    ///
    /// - Parameters:
    ///   - document: the resource after the change; nil where it is gone.
    ///   - previous: the resource's revision before; zero for a new one.
    ///   - routing: true where gateways see the change.
    func record(
        _ kind: ResourceKind, _ id: String, document: JSONValue?, previous: Revision, routing: Bool
    ) throws -> Revision {
        let event = AuditEvent(
            revision: lastRevision.next, at: now, actor: context.principal.name, operation: context.operation,
            kind: kind, id: id, document: document?.encodedString(.canonical), previous: previous,
            reason: context.reason, requestID: context.requestID, traceparent: context.traceparent)
        let hash = AuditChain.hash(after: lastHash, event.canonical)
        try insert(event, routing: routing, hash: hash)
        ledgerCache.advance(from: lastRevision, to: event.revision)
        if kind == .cell, let cell = CellID(id) { rolloutCache.forget(cell) }
        // Its notes may have changed.
        if kind == .release { rolloutCache.discard() }
        lastRevision = event.revision
        lastHash = hash
        events.append(event)
        return event.revision
    }

    private(set) var rollsBack = false

    /// Lets everything run as it would and undoes it at the end.
    public func rollBackAtEnd() { rollsBack = true }

    /// After a cell's own row was written: the ledger must be read again.
    func forgetLedger() { ledgerCache.discard() }

    override public func facts(of run: RolloutRun) throws -> RolloutFacts {
        try rolloutCache.facts(of: run, in: self)
    }

    /// Writes the cells' loads, which are kept in memory until somebody looks. `Store` calls it last.
    override func settle() throws { try ledgerCache.current?.flush(to: connection) }
}
