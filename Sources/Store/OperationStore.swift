import JSON
import Registry
import SQLite

enum OperationStore {
    static let columns = """
        number, id, kind, state, cancelling, resource, spec, total, completed, failed, blockers, evidence, actor, reason,
        created_at_ms, deadline_at_ms, ended_at_ms, revision, updated_at_ms
        """

    static func record(_ row: borrowing Row) throws -> Operation {
        guard let id = OperationID(row.text(1)), let kind = OperationKind(rawValue: row.text(2)),
            let state = OperationState(rawValue: row.text(3))
        else { throw RegistryError(.internalError, "A kept operation has no known name, kind or state.") }
        let parts = try Operation.parts(ofSpec: JSONValue(parsing: Array(row.text(6).utf8)))
        var operation = Operation(
            id: id, kind: kind, resource: row.text(5), options: parts.0, leaving: parts.2,
            reverses: parts.reverses, plan: parts.plan, total: row.int64(7), actor: row.text(12),
            reason: row.text(13), createdAt: Timestamp(rawValue: row.int64(14)))
        operation.asked = parts.asked
        operation.number = row.int64(0)
        operation.life = OperationLife(state, isCancelling: row.bool(4))
        operation.completed = row.int64(8)
        operation.failed = row.int64(9)
        operation.blockers = try blockers(row.text(10))
        operation.evidence = try JSONValue(parsing: Array(row.text(11).utf8)).object ?? [:]
        operation.deadlineAt = Timestamp(rawValue: row.int64(15))
        operation.endedAt = row.optionalInt64(16).map(Timestamp.init(rawValue:))
        operation.revision = Revision(rawValue: row.int64(17))
        operation.updatedAt = Timestamp(rawValue: row.int64(18))
        return operation
    }

    private static func blockers(_ text: String) throws -> [Blocker] {
        try (JSONValue(parsing: Array(text.utf8)).array ?? []).compactMap { entry in
            guard let kind = entry["kind"]?.string, let id = entry["id"]?.string,
                let message = entry["message"]?.string
            else { return nil }
            return Blocker(kind: kind, id: id, message: message)
        }
    }
}

extension ReadTransaction {
    public func operation(_ id: OperationID) throws -> Operation? {
        try connection.first(Self.operationSQL, id.rawValue, row: OperationStore.record)
    }

    private static let operationSQL = "SELECT \(OperationStore.columns) FROM operations WHERE id = $1"

    /// Newest first, at most `limit` of those before `before`.
    public func operations(_ filter: OperationFilter, before: Int64, limit: Int) throws -> [Operation] {
        try connection.query(
            Self.operationsSQL, before, filter.kind?.rawValue, filter.state?.rawValue, filter.resource, limit,
            row: OperationStore.record)
    }

    private static let operationsSQL = """
        SELECT \(OperationStore.columns) FROM operations
        WHERE number < $1 AND ($2 IS NULL OR kind = $2) AND ($3 IS NULL OR state = $3)
          AND ($4 IS NULL OR resource = $4)
        ORDER BY number DESC LIMIT $5
        """

    /// Every operation that has not ended, oldest first.
    public func operationsUnderWay() throws -> [Operation] {
        try connection.query(Self.underWaySQL, row: OperationStore.record)
    }

    private static let underWaySQL = """
        SELECT \(OperationStore.columns) FROM operations WHERE ended_at_ms IS NULL ORDER BY number
        """

    /// What happened in it, oldest first.
    public func log(of operation: Operation) throws -> [OperationLogEntry] {
        try connection.query(Self.logSQL, operation.number) {
            OperationLogEntry(
                at: Timestamp(rawValue: $0.int64(0)), isWarning: $0.text(1) == "warning", message: $0.text(2))
        }
    }

    private static let logSQL = """
        SELECT at_ms, level, message FROM operation_log WHERE operation = $1 ORDER BY number
        """
}

extension WriteTransaction {
    /// Adds the operation, whose number and revision are those of its event.
    public func insert(_ new: Operation) throws -> Operation {
        var operation = new
        operation.revision = try record(
            .operation, operation.id.rawValue, document: operation.document, previous: .zero, routing: false)
        operation.number = operation.revision.rawValue
        try connection.run(
            Self.insertOperationSQL, operation.number, operation.id.rawValue, operation.kind.rawValue,
            operation.life.state.rawValue, operation.resource,
            JSONValue.object(operation.spec).encodedString(.canonical), operation.total, operation.actor,
            operation.reason, operation.createdAt.rawValue, operation.deadlineAt.rawValue,
            operation.revision.rawValue)
        return operation
    }

    private static let insertOperationSQL = """
        INSERT INTO operations (number, id, kind, state, cancelling, resource, spec, total, completed, failed, blockers,
                                evidence, actor, reason, created_at_ms, deadline_at_ms, updated_at_ms, revision)
        VALUES ($1, $2, $3, $4, 0, $5, $6, $7, 0, 0, '[]', '{}', $8, $9, $10, $11, $10, $12)
        """

    /// Writes what an operator or its end has decided, as an event of its own.
    public func save(_ changed: Operation) throws -> Operation {
        var operation = changed
        operation.updatedAt = now
        operation.revision = try record(
            .operation, operation.id.rawValue, document: operation.document, previous: changed.revision,
            routing: false)
        let blockers = operation.blockers.map(\.document)
        try connection.run(
            Self.saveOperationSQL, operation.number, operation.life.state.rawValue,
            operation.life.isCancelling,
            operation.completed, operation.failed, JSONValue.array(blockers).encodedString(.canonical),
            JSONValue.object(operation.evidence).encodedString(.canonical), operation.endedAt?.rawValue,
            operation.revision.rawValue, now.rawValue)
        return operation
    }

    private static let saveOperationSQL = """
        UPDATE operations SET state = $2, cancelling = $3, completed = $4, failed = $5, blockers = $6, evidence = $7,
               ended_at_ms = $8, revision = $9, updated_at_ms = $10 WHERE number = $1
        """

    /// Counts moves that have come to their end: progress is an observation, and makes no event.
    public func count(_ operation: Int64, completed: Int64 = 0, failed: Int64 = 0) throws {
        try connection.run(Self.countSQL, operation, completed, failed, now.rawValue)
    }

    private static let countSQL = """
        UPDATE operations SET completed = completed + $2, failed = failed + $3, updated_at_ms = $4 WHERE number = $1
        """

    /// The operation has more to do than was planned, or may try again what failed.
    public func grow(_ operation: Int64, total: Int64, failed: Int64) throws {
        try connection.run(Self.growSQL, operation, total, failed)
    }

    private static let growSQL = """
        UPDATE operations SET total = total + $2, failed = failed + $3 WHERE number = $1
        """

    /// Adds a line to the operation's log; past the limit only the end's is still taken.
    public func log(_ operation: Int64, _ message: String, isWarning: Bool = false, isLast: Bool = false)
        throws
    {
        let last = try connection.first(Self.lastLineSQL, operation) { $0.int(0) } ?? 0
        guard last < Limits.operationLogMax || isLast else { return }
        try connection.run(
            Self.logLineSQL, operation, last + 1, now.rawValue, isWarning ? "warning" : "info", message)
    }

    private static let lastLineSQL = "SELECT coalesce(max(number), 0) FROM operation_log WHERE operation = $1"
    private static let logLineSQL = "INSERT INTO operation_log VALUES ($1, $2, $3, $4, $5)"

    /// Takes out at most `limit` operations that ended before `time`, with all that is kept of them.
    public func deleteOperations(endedBefore time: Timestamp, limit: Int) throws -> Int {
        let gone = try connection.query(Self.expiredSQL, time.rawValue, limit) { $0.int64(0) }
        for number in gone { try connection.run("DELETE FROM operations WHERE number = $1", number) }
        return gone.count
    }

    private static let expiredSQL = """
        SELECT number FROM operations WHERE ended_at_ms IS NOT NULL AND ended_at_ms < $1
          AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.operation = number
                          AND b.state NOT IN ('done', 'aborted', 'reversed'))
        ORDER BY ended_at_ms LIMIT $2
        """
}
