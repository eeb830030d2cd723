import JSON
import Registry
import SQLite

private enum RestoreStore {
    static let columns = """
        r.number, r.name, r.backup, r.phase, r.drill, r.executor, r.source, r.uid, r.spec, r.warnings, r.errors,
        r.message, r.failure, r.worker, r.token, r.lease_ms, r.lease_ends_at_ms, r.deadline_ms, r.created_at_ms,
        r.started_at_ms, r.completed_at_ms, r.updated_at_ms, r.revision
        """

    static let isActive = "r.phase NOT IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed')"

    static func record(_ row: borrowing Row) throws -> Restore {
        let spec = try JSONValue(parsing: Array(row.text(8).utf8))
        guard let name = RestoreName(row.text(1)), let backup = BackupName(row.text(2)),
            let phase = RestorePhase(rawValue: row.text(3)),
            let executor = BackupExecutor(rawValue: row.text(5)),
            let source = Backup.Source(rawValue: row.text(6)),
            let runTimeout = spec["runTimeout"]?.string.flatMap(Duration.init(go:))
        else { throw RegistryError(.internalError, "A kept restore can't be read.") }
        let cells = spec["cellMapping"]?.object.map(BackupStore.labels) ?? [:]
        var restore = Restore(
            name: name, backup: backup,
            schedule: spec["schedule"]?.string.flatMap(BackupScheduleName.init),
            scope: spec["scope"].flatMap(BackupScope.init(document:)),
            covers: BackupCover(document: spec["covers"] ?? .null),
            namespaceMapping: spec["namespaceMapping"]?.object.map(BackupStore.labels) ?? [:],
            cellMapping: Dictionary(
                uniqueKeysWithValues: cells.compactMap { key, value in
                    CellID(key).flatMap { key in CellID(value).map { (key, $0) } }
                }),
            isDrill: row.bool(4), executor: executor, source: source, runTimeout: runTimeout,
            override: spec["override"]?.string, phase: phase, createdAt: Timestamp(rawValue: row.int64(18)))
        restore.number = row.int64(0)
        restore.uid = row.optionalText(7) ?? ""
        restore.warnings = row.int64(9)
        restore.errors = row.int64(10)
        restore.message = row.text(11)
        restore.failure = row.optionalText(12).flatMap(BackupFailure.init)
        restore.claim = BackupStore.claim(row, at: 13)
        restore.deadline = row.optionalInt64(17).map(Timestamp.init(rawValue:))
        restore.startedAt = row.optionalInt64(19).map(Timestamp.init(rawValue:))
        restore.completedAt = row.optionalInt64(20).map(Timestamp.init(rawValue:))
        restore.updatedAt = Timestamp(rawValue: row.int64(21))
        restore.revision = Revision(rawValue: row.int64(22))
        return restore
    }

    static func spec(_ restore: Restore) -> String {
        var object: JSONObject = [
            "covers": restore.covers.document,
            "namespaceMapping": .object(JSONObject(strings: restore.namespaceMapping)),
            "cellMapping": .object(
                JSONObject(
                    strings: Dictionary(
                        uniqueKeysWithValues: restore.cellMapping.map { ($0.key.rawValue, $0.value.rawValue) }
                    ))),
            "runTimeout": .string(restore.runTimeout.goInWholeNumbers),
        ]
        if let schedule = restore.schedule { object["schedule"] = .string(schedule.rawValue) }
        if let scope = restore.scope { object["scope"] = scope.document }
        if let override = restore.override { object["override"] = .string(override) }
        return JSONValue.object(object).encodedString(.canonical)
    }
}

extension ReadTransaction {
    public func restore(_ name: RestoreName) throws -> Restore? {
        try connection.first(Self.restoreSQL, name.rawValue, row: RestoreStore.record)
    }

    private static let restoreSQL = "SELECT \(RestoreStore.columns) FROM restores r WHERE r.name = $1"

    public func restore(uid: String) throws -> Restore? {
        try connection.first(Self.restoreByUIDSQL, uid, row: RestoreStore.record)
    }

    private static let restoreByUIDSQL = "SELECT \(RestoreStore.columns) FROM restores r WHERE r.uid = $1"

    /// Newest first, at most `limit` of those before `number`.
    public func restores(
        _ filter: RestoreFilter = RestoreFilter(), before number: Int64 = .max, limit: Int
    ) throws -> [Restore] {
        try connection.query(
            Self.restoresSQL, number, filter.phase?.rawValue, limit, filter.backup?.rawValue,
            filter.isDrill, row: RestoreStore.record)
    }

    private static let restoresSQL = """
        SELECT \(RestoreStore.columns) FROM restores r
        WHERE r.number < $1 AND ($2 IS NULL OR r.phase = $2) AND ($4 IS NULL OR r.backup = $4)
          AND ($5 IS NULL OR r.drill = $5)
        ORDER BY r.number DESC LIMIT $3
        """

    public func restoreCount() throws -> Int {
        try connection.first("SELECT count(*) FROM restores") { $0.int(0) } ?? 0
    }

    /// Those that have not ended, oldest first.
    public func activeRestores() throws -> [Restore] {
        try connection.query(Self.activeRestoresSQL, row: RestoreStore.record)
    }

    private static let activeRestoresSQL = """
        SELECT \(RestoreStore.columns) FROM restores r
        WHERE \(RestoreStore.isActive) ORDER BY r.number
        """

    /// Those that read the backup and have not ended.
    public func restoresReading(_ backup: BackupName) throws -> [RestoreName] {
        try connection.query(Self.readingSQL, backup.rawValue) { RestoreName($0.text(0)) }.compactMap { $0 }
    }

    private static let readingSQL = """
        SELECT r.name FROM restores r WHERE r.backup = $1 AND \(RestoreStore.isActive) ORDER BY r.number
        """
}

extension WriteTransaction {
    /// Adds the restore. Its number and revision are those of its event.
    public func insert(_ new: Restore) throws -> Restore {
        var restore = new
        let previous = try lastRevision(of: .restore, restore.name.rawValue)
        restore.revision = try record(
            .restore, restore.name.rawValue, document: restore.document, previous: previous, routing: false)
        restore.number = restore.revision.rawValue
        try write(restore)
        return restore
    }

    /// Writes back what has changed of the restore since `old` was read: what was decided, and what it has come to, as an
    /// event, progress without.
    public func save(_ new: Restore, replacing old: Restore) throws -> Restore {
        var restore = new
        if restore.document != old.document {
            restore.revision = try record(
                .restore, restore.name.rawValue, document: restore.document, previous: old.revision,
                routing: false)
            restore.updatedAt = now
        }
        if restore != old { try write(restore) }
        return restore
    }

    private func write(_ restore: Restore) throws {
        try connection.run(
            Self.writeRestoreSQL, restore.number, restore.name.rawValue, restore.backup.rawValue,
            restore.phase.rawValue, restore.isDrill, restore.executor.rawValue, restore.source.rawValue,
            restore.uid.isEmpty ? nil : restore.uid, RestoreStore.spec(restore), restore.warnings,
            restore.errors, restore.message, restore.failure?.rawValue, restore.claim?.worker,
            restore.claim?.token.rawValue, restore.claim?.lease.milliseconds,
            restore.claim?.leaseEndsAt.rawValue, restore.deadline?.rawValue, restore.createdAt.rawValue,
            restore.startedAt?.rawValue, restore.completedAt?.rawValue, restore.updatedAt.rawValue,
            restore.revision.rawValue)
    }

    private static let writeRestoreSQL = """
        INSERT INTO restores (number, name, backup, phase, drill, executor, source, uid, spec, warnings, errors, message,
                              failure, worker, token, lease_ms, lease_ends_at_ms, deadline_ms, created_at_ms,
                              started_at_ms, completed_at_ms, updated_at_ms, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
        ON CONFLICT (number) DO UPDATE SET
            phase = excluded.phase, warnings = excluded.warnings, errors = excluded.errors,
            message = excluded.message, failure = excluded.failure, worker = excluded.worker,
            token = excluded.token, lease_ms = excluded.lease_ms, lease_ends_at_ms = excluded.lease_ends_at_ms,
            deadline_ms = excluded.deadline_ms, started_at_ms = excluded.started_at_ms,
            completed_at_ms = excluded.completed_at_ms, updated_at_ms = excluded.updated_at_ms,
            revision = excluded.revision
        """

    /// Takes out at most `limit` restores that ended before `time`.
    public func deleteRestores(endedBefore time: Timestamp, limit: Int) throws -> Int {
        try connection.run(Self.deleteRestoresSQL, time.rawValue, limit)
    }

    private static let deleteRestoresSQL = """
        DELETE FROM restores WHERE number IN (
            SELECT number FROM restores WHERE completed_at_ms IS NOT NULL AND completed_at_ms < $1
            ORDER BY completed_at_ms LIMIT $2)
        """
}
