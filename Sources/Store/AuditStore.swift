import JSON
import Registry
import SQLite

/// A change with the resource as it was and as it is: what memory is brought up to date by.
public struct StoredChange: Sendable, Equatable {
    public struct Event: Sendable, Equatable {
        public var revision: Revision
        public var kind: ResourceKind
        public var id: String
    }

    public var event: Event
    public var routing: Bool
    /// Nil where the resource was not there, or is gone.
    public var before: JSONValue?
    public var after: JSONValue?
}

enum AuditStore {
    static let columns = """
        revision, at_ms, actor, operation, kind, resource, document, previous, reason, request_id, traceparent,
        hash, routing
        """

    static let changeColumns = "e.revision, e.kind, e.resource, e.routing, e.document, p.document"

    static func change(_ row: borrowing Row) throws -> StoredChange {
        guard let kind = ResourceKind(rawValue: row.text(1)) else {
            throw RegistryError(.internalError, "A kept audit event is of no known kind.")
        }
        let routing = row.bool(3)
        func document(_ text: String?) throws -> JSONValue? {
            // Only what gateways see is looked into.
            guard routing, let text else { return nil }
            return try JSONValue(parsing: Array(text.utf8))
        }
        return StoredChange(
            event: StoredChange.Event(
                revision: Revision(rawValue: row.int64(0)), kind: kind, id: row.text(2)),
            routing: routing, before: try document(row.optionalText(5)),
            after: try document(row.optionalText(4)))
    }

    static func event(_ row: borrowing Row) throws -> ChainedEvent {
        guard let kind = ResourceKind(rawValue: row.text(4)) else {
            throw RegistryError(.internalError, "A kept audit event is of no known kind.")
        }
        return ChainedEvent(
            event: AuditEvent(
                revision: Revision(rawValue: row.int64(0)), at: Timestamp(rawValue: row.int64(1)),
                actor: row.text(2), operation: row.text(3), kind: kind, id: row.text(5),
                document: row.optionalText(6), previous: Revision(rawValue: row.int64(7)),
                reason: row.text(8),
                requestID: row.text(9), traceparent: row.text(10)),
            hash: row.bytes(11), routing: row.bool(12))
    }
}

extension ReadTransaction {
    public func event(at revision: Revision) throws -> ChainedEvent? {
        try connection.first(Self.eventSQL, revision.rawValue, row: AuditStore.event)
    }

    private static let eventSQL = "SELECT \(AuditStore.columns) FROM audit_events WHERE revision = $1"

    /// Events after `revision`, oldest first.
    public func events(after revision: Revision, _ filter: AuditFilter = AuditFilter(), limit: Int) throws
        -> [ChainedEvent]
    {
        // The index over resources starts with their kind.
        let sql = filter.kind == nil || filter.id == nil ? Self.eventsAfterSQL : Self.eventsOfResourceAfterSQL
        return try connection.query(
            sql, revision.rawValue, filter.kind?.rawValue, filter.id, filter.actor, filter.operation, limit,
            row: AuditStore.event)
    }

    private static let eventsAfterSQL = """
        SELECT \(AuditStore.columns) FROM audit_events
        WHERE revision > $1 AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR resource = $3) AND ($4 IS NULL OR actor = $4)
          AND ($5 IS NULL OR operation = $5)
        ORDER BY revision LIMIT $6
        """
    private static let eventsOfResourceAfterSQL = """
        SELECT \(AuditStore.columns) FROM audit_events
        WHERE kind = $2 AND resource = $3 AND revision > $1 AND ($4 IS NULL OR actor = $4)
          AND ($5 IS NULL OR operation = $5)
        ORDER BY revision LIMIT $6
        """

    /// Events before `revision`, newest first.
    public func events(before revision: Revision, of kind: ResourceKind, _ id: String, limit: Int) throws
        -> [ChainedEvent]
    {
        try connection.query(
            Self.historySQL, kind.rawValue, id, revision.rawValue, limit, row: AuditStore.event)
    }

    private static let historySQL = """
        SELECT \(AuditStore.columns) FROM audit_events
        WHERE kind = $1 AND resource = $2 AND revision < $3 ORDER BY revision DESC LIMIT $4
        """

    /// The last `limit` changes that gateways saw, oldest first.
    public func changes(lastOfRouting limit: Int) throws -> [StoredChange] {
        try connection.query(Self.routingSQL, limit, row: AuditStore.change).reversed()
    }

    private static let routingSQL = """
        SELECT \(AuditStore.changeColumns) FROM audit_events e LEFT JOIN audit_events p ON p.revision = e.previous
        WHERE e.routing = 1 ORDER BY e.revision DESC LIMIT $1
        """

    /// Every change after `revision`, oldest first.
    public func changes(after revision: Revision, limit: Int) throws -> [StoredChange] {
        try connection.query(Self.changesSQL, revision.rawValue, limit, row: AuditStore.change)
    }

    private static let changesSQL = """
        SELECT \(AuditStore.changeColumns) FROM audit_events e LEFT JOIN audit_events p ON p.revision = e.previous
        WHERE e.revision > $1 ORDER BY e.revision LIMIT $2
        """

    /// What the resource was at that revision: the document of its last event up to there. Nil where it was not.
    public func document(of kind: ResourceKind, _ id: String, at revision: Revision) throws -> String? {
        try connection.first(Self.documentSQL, kind.rawValue, id, revision.rawValue) { $0.optionalText(0) }
            ?? nil
    }

    private static let documentSQL = """
        SELECT document FROM audit_events
        WHERE kind = $1 AND resource = $2 AND revision <= $3 ORDER BY revision DESC LIMIT 1
        """

    /// The last revision made at or before `time`; zero before the first. Times never go back from event to event.
    public func revision(at time: Timestamp) throws -> Revision {
        var low: Int64 = 0
        var high = try revision().rawValue
        while low < high {
            let middle = low + (high - low + 1) / 2
            let at = try connection.first(Self.timeSQL, middle) { $0.int64(0) } ?? .max
            if at <= time.rawValue { low = middle } else { high = middle - 1 }
        }
        return Revision(rawValue: low)
    }

    private static let timeSQL = "SELECT at_ms FROM audit_events WHERE revision = $1"
}

extension WriteTransaction {
    func insert(_ event: AuditEvent, routing: Bool, hash: [UInt8]) throws {
        try connection.run(
            Self.insertEventSQL, event.revision.rawValue, event.at.rawValue, event.actor, event.operation,
            event.kind.rawValue, event.id, event.document, event.previous.rawValue, routing, event.reason,
            event.requestID, event.traceparent, hash)
    }

    private static let insertEventSQL = """
        INSERT INTO audit_events (revision, at_ms, actor, operation, kind, resource, document, previous, routing,
                                  reason, request_id, traceparent, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        """
}
