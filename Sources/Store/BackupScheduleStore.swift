import JSON
import Registry
import SQLite

enum BackupScheduleStore {
    static let columns = """
        name, document, decided_until_ms, last_run_at_ms, last_backup, last_success_at_ms, last_missed, revision,
        created_at_ms, updated_at_ms
        """

    static func record(_ row: borrowing Row) throws -> BackupScheduleRecord {
        guard let name = BackupScheduleName(row.text(0)) else {
            throw RegistryError(.internalError, "A kept backup schedule has no proper name.")
        }
        let document = try JSONValue(parsing: Array(row.text(1).utf8))
        var record = BackupScheduleRecord(
            schedule: try BackupSchedule(kept: document, name: name),
            decidedUntil: Timestamp(rawValue: row.int64(2)), revision: Revision(rawValue: row.int64(7)),
            createdAt: Timestamp(rawValue: row.int64(8)), updatedAt: Timestamp(rawValue: row.int64(9)))
        record.lastRunAt = row.optionalInt64(3).map(Timestamp.init(rawValue:))
        record.lastBackup = row.optionalText(4).flatMap(BackupName.init)
        record.lastSuccessAt = row.optionalInt64(5).map(Timestamp.init(rawValue:))
        record.lastMissed = try row.optionalText(6).flatMap {
            MissedRun(kept: try JSONValue(parsing: Array($0.utf8)), of: name)
        }
        return record
    }

    static func missed(_ row: borrowing Row) throws -> MissedRun {
        guard let name = BackupScheduleName(row.text(0)), let reason = MissedRun.Reason(rawValue: row.text(2))
        else { throw RegistryError(.internalError, "A kept missed run has no known schedule or reason.") }
        return MissedRun(
            schedule: name, dueAt: Timestamp(rawValue: row.int64(1)), reason: reason,
            recordedAt: Timestamp(rawValue: row.int64(3)), message: row.text(4))
    }
}

extension ReadTransaction {
    public func backupSchedule(_ name: BackupScheduleName) throws -> BackupScheduleRecord? {
        try connection.first(Self.backupScheduleSQL, name.rawValue, row: BackupScheduleStore.record)
    }

    private static let backupScheduleSQL =
        "SELECT \(BackupScheduleStore.columns) FROM backup_schedules WHERE name = $1"

    /// By name, those behind `page.after`.
    public func backupSchedules(
        page: Page = Page(limit: Limits.backupSchedulesMax)
    ) throws -> [BackupScheduleRecord] {
        try connection.query(
            Self.backupSchedulesSQL, page.after ?? "", page.limit, row: BackupScheduleStore.record)
    }

    private static let backupSchedulesSQL = """
        SELECT \(BackupScheduleStore.columns) FROM backup_schedules WHERE name > $1 ORDER BY name LIMIT $2
        """

    public func backupScheduleCount() throws -> Int {
        try connection.first("SELECT count(*) FROM backup_schedules") { $0.int(0) } ?? 0
    }

    /// Newest first, at most `limit` of those due before `time`.
    public func missedRuns(
        of schedule: BackupScheduleName, before time: Timestamp, limit: Int
    ) throws -> [MissedRun] {
        try connection.query(
            Self.missedRunsSQL, schedule.rawValue, time.rawValue, limit, row: BackupScheduleStore.missed)
    }

    private static let missedRunsSQL = """
        SELECT schedule, due_at_ms, reason, recorded_at_ms, message FROM missed_backup_runs
        WHERE schedule = $1 AND due_at_ms < $2 ORDER BY due_at_ms DESC LIMIT $3
        """

    /// How many that fell due after `time` were missed; of those that are kept.
    public func missedRunCount(of schedule: BackupScheduleName, after time: Timestamp?) throws -> Int {
        try connection.first(Self.missedCountSQL, schedule.rawValue, time?.rawValue ?? 0) { $0.int(0) } ?? 0
    }

    private static let missedCountSQL =
        "SELECT count(*) FROM missed_backup_runs WHERE schedule = $1 AND due_at_ms > $2"
}

extension WriteTransaction {
    /// Adds the schedule, or writes back what has changed of it: what was decided as an event, the course of its runs
    /// without.
    public func save(
        _ new: BackupScheduleRecord, replacing old: BackupScheduleRecord?
    ) throws -> BackupScheduleRecord {
        var record = new
        let name = record.schedule.name.rawValue
        if old?.document != record.document {
            let previous = try old?.revision ?? lastRevision(of: .backupSchedule, name)
            record.revision = try self.record(
                .backupSchedule, name, document: record.document, previous: previous, routing: false)
            record.updatedAt = now
        }
        guard record != old else { return record }
        try connection.run(
            Self.saveScheduleSQL, name, record.schedule.document.encodedString(.canonical),
            record.decidedUntil.rawValue, record.lastRunAt?.rawValue, record.lastBackup?.rawValue,
            record.lastSuccessAt?.rawValue, record.lastMissed?.document.encodedString(.canonical),
            record.revision.rawValue, record.createdAt.rawValue, record.updatedAt.rawValue)
        return record
    }

    private static let saveScheduleSQL = """
        INSERT INTO backup_schedules (\(BackupScheduleStore.columns))
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (name) DO UPDATE SET
            document = excluded.document, decided_until_ms = excluded.decided_until_ms,
            last_run_at_ms = excluded.last_run_at_ms, last_backup = excluded.last_backup,
            last_success_at_ms = excluded.last_success_at_ms, last_missed = excluded.last_missed,
            revision = excluded.revision, updated_at_ms = excluded.updated_at_ms
        """

    /// Takes it out with the history of its missed runs. Its backups stay.
    public func delete(_ old: BackupScheduleRecord) throws {
        let name = old.schedule.name.rawValue
        _ = try record(.backupSchedule, name, document: nil, previous: old.revision, routing: false)
        try connection.run("DELETE FROM backup_schedules WHERE name = $1", name)
    }

    /// Keeps missed runs, and of the schedule's no more than there may be.
    public func insert(_ runs: [MissedRun], of schedule: BackupScheduleName) throws {
        for run in runs {
            try connection.run(
                Self.insertMissedSQL, schedule.rawValue, run.dueAt.rawValue, run.reason.rawValue,
                run.recordedAt.rawValue, run.message)
        }
        if !runs.isEmpty {
            try connection.run(Self.deleteMissedSQL, schedule.rawValue, Limits.missedRunsMax)
        }
    }

    private static let insertMissedSQL = """
        INSERT INTO missed_backup_runs (schedule, due_at_ms, reason, recorded_at_ms, message)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (schedule, due_at_ms) DO NOTHING
        """
    private static let deleteMissedSQL = """
        DELETE FROM missed_backup_runs WHERE schedule = $1 AND due_at_ms <= (
            SELECT due_at_ms FROM missed_backup_runs WHERE schedule = $1 ORDER BY due_at_ms DESC LIMIT 1 OFFSET $2)
        """
}
