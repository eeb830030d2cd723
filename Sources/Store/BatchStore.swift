import JSON
import Registry
import SQLite

enum BatchStore {
    static let columns = """
        o.id, b.number, b.state, b.source, b.tenants, b.moved, b.failed, b.announced, b.frozen, b.cutover,
        b.freeze_deadline_ms, b.attempt, b.not_before_ms, b.held_by, b.phase, b.message, b.began_at_ms, b.frozen_at_ms,
        b.cutover_at_ms, b.settled_at_ms, b.window_ends_at_ms, b.barrier
        """
    static let table = "batches b JOIN operations o ON o.number = b.operation"

    static func record(_ row: borrowing Row) throws -> Batch {
        guard let operation = OperationID(row.text(0)), let state = BatchState(rawValue: row.text(2)),
            let source = CellID(row.text(3))
        else { throw RegistryError(.internalError, "A kept batch has no known operation, state or source.") }
        var batch = Batch(
            operation: operation, number: row.int64(1), state: state, source: source, tenants: row.int64(4))
        batch.moved = row.int64(5)
        batch.failed = row.int64(6)
        batch.announced = row.optionalInt64(7).map(Revision.init(rawValue:))
        batch.frozen = row.optionalInt64(8).map(Revision.init(rawValue:))
        batch.cutover = row.optionalInt64(9).map(Revision.init(rawValue:))
        batch.freezeDeadline = row.optionalInt64(10).map(Timestamp.init(rawValue:))
        batch.attempt = row.int64(11)
        batch.notBefore = row.optionalInt64(12).map(Timestamp.init(rawValue:))
        batch.heldBy = row.optionalText(13).flatMap(Barrier.Guard.init(rawValue:))
        batch.phase = row.optionalText(14).flatMap(MoverPhase.init(rawValue:))
        batch.message = row.text(15)
        batch.beganAt = row.optionalInt64(16).map(Timestamp.init(rawValue:))
        batch.frozenAt = row.optionalInt64(17).map(Timestamp.init(rawValue:))
        batch.cutoverAt = row.optionalInt64(18).map(Timestamp.init(rawValue:))
        batch.settledAt = row.optionalInt64(19).map(Timestamp.init(rawValue:))
        batch.windowEndsAt = row.optionalInt64(20).map(Timestamp.init(rawValue:))
        batch.barrier = try JSONValue(parsing: Array(row.text(21).utf8)).object ?? [:]
        return batch
    }
}

extension ReadTransaction {
    public func batch(_ operation: OperationID, _ number: Int64) throws -> Batch? {
        try connection.first(Self.batchSQL, operation.rawValue, number, row: BatchStore.record)
    }

    private static let batchSQL = """
        SELECT \(BatchStore.columns) FROM \(BatchStore.table) WHERE o.id = $1 AND b.number = $2
        """

    /// The operation's batches after `number`, in their order.
    public func batches(of operation: Operation, after number: Int64 = 0, limit: Int) throws -> [Batch] {
        try connection.query(Self.batchesSQL, operation.number, number, limit, row: BatchStore.record)
    }

    private static let batchesSQL = """
        SELECT \(BatchStore.columns) FROM \(BatchStore.table)
        WHERE b.operation = $1 AND b.number > $2 ORDER BY b.number LIMIT $3
        """

    /// Batches that have begun and are not settled, of every operation.
    public func batchesInFlight() throws -> [Batch] {
        try connection.query(Self.inFlightSQL, row: BatchStore.record)
    }

    private static let unsettled = """
        b.state NOT IN ('reversible', 'done', 'aborted', 'reversing', 'reversed')
        """
    private static let inFlightSQL = """
        SELECT \(BatchStore.columns) FROM \(BatchStore.table)
        WHERE \(unsettled) AND b.state <> 'planned' ORDER BY b.operation, b.number
        """

    /// The first `limit` of the operation's batches that have not begun.
    public func batchesPlanned(of operation: Operation, limit: Int) throws -> [Batch] {
        try connection.query(Self.plannedSQL, operation.number, limit, row: BatchStore.record)
    }

    private static let plannedSQL = """
        SELECT \(BatchStore.columns) FROM \(BatchStore.table)
        WHERE b.operation = $1 AND \(unsettled) AND b.state = 'planned' ORDER BY b.number LIMIT $2
        """

    /// Whether each of the operation's batches is settled.
    public func isSettled(_ operation: Operation) throws -> Bool {
        try connection.first(Self.unsettledSQL, operation.number) { _ in true } == nil
    }

    private static let unsettledSQL =
        "SELECT 1 FROM batches b WHERE b.operation = $1 AND \(unsettled) LIMIT 1"

    /// Batches whose window for a way back is over.
    public func batchesPastWindow(at now: Timestamp, limit: Int) throws -> [Batch] {
        try connection.query(Self.pastWindowSQL, now.rawValue, limit, row: BatchStore.record)
    }

    private static let pastWindowSQL = """
        SELECT \(BatchStore.columns) FROM \(BatchStore.table)
        WHERE b.state = 'reversible' AND b.window_ends_at_ms <= $1 ORDER BY b.window_ends_at_ms LIMIT $2
        """

    /// How many tenants are in the operation's batches in flight; those of one that is being undone have failed, and are
    /// still on their way back.
    public func tenantsInFlight(of operation: Operation) throws -> Int64 {
        try connection.first(Self.tenantsInFlightSQL, operation.number) { $0.int64(0) } ?? 0
    }

    private static let tenantsInFlightSQL = """
        SELECT coalesce(sum(CASE b.state WHEN 'aborting' THEN b.tenants ELSE b.tenants - b.failed END), 0) FROM batches b
        WHERE b.operation = $1 AND \(unsettled) AND b.state <> 'planned'
        """
}

extension WriteTransaction {
    public func insert(_ batch: Batch, of operation: Operation) throws {
        try connection.run(
            Self.insertBatchSQL, operation.number, batch.number, batch.state.rawValue, batch.source.rawValue,
            batch.tenants, batch.notBefore?.rawValue)
    }

    private static let insertBatchSQL = """
        INSERT INTO batches (operation, number, state, source, tenants, moved, failed, attempt, message, barrier,
                             not_before_ms)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '', '{}', $6)
        """

    /// Writes the batch where its row is still in the state `old`.
    ///
    /// - Returns: false where it is not: somebody has taken the step already.
    public func save(_ batch: Batch, of operation: Operation, in old: BatchState) throws -> Bool {
        try connection.run(
            Self.saveBatchSQL, operation.number, batch.number, old.rawValue, batch.state.rawValue,
            batch.moved,
            batch.failed, batch.announced?.rawValue, batch.frozen?.rawValue, batch.cutover?.rawValue,
            batch.freezeDeadline?.rawValue, batch.attempt, batch.notBefore?.rawValue, batch.heldBy?.rawValue,
            batch.phase?.rawValue, batch.message, batch.beganAt?.rawValue, batch.frozenAt?.rawValue,
            batch.cutoverAt?.rawValue, batch.settledAt?.rawValue, batch.windowEndsAt?.rawValue,
            JSONValue.object(batch.barrier).encodedString(.canonical)) == 1
    }

    private static let saveBatchSQL = """
        UPDATE batches SET state = $4, moved = $5, failed = $6, announced = $7, frozen = $8, cutover = $9,
               freeze_deadline_ms = $10, attempt = $11, not_before_ms = $12, held_by = $13, phase = $14, message = $15,
               began_at_ms = $16, frozen_at_ms = $17, cutover_at_ms = $18, settled_at_ms = $19, window_ends_at_ms = $20,
               barrier = $21
        WHERE operation = $1 AND number = $2 AND state = $3
        """
}
