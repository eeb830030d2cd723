import JSON
import Registry
import Store

extension ControlPlane {
    /// As the API shows it; nil where there is none.
    public func backupSchedule(_ name: BackupScheduleName) throws(RegistryError) -> JSONObject? {
        try store.read { try $0.backupSchedule(name)?.shown(in: $0, at: clock.now()) }
    }

    /// By name, those behind `page.after`, each with its name.
    public func backupSchedules(
        _ page: Page
    ) throws(RegistryError) -> [(name: BackupScheduleName, shown: JSONObject)] {
        try store.read { transaction in
            try transaction.backupSchedules(page: page).map {
                ($0.schedule.name, try $0.shown(in: transaction, at: clock.now()))
            }
        }
    }

    /// When it runs next, whether it is paused or not; nil where there is no such schedule.
    public func nextRuns(
        of name: BackupScheduleName, count: Int
    ) throws(RegistryError) -> [Timestamp]? {
        try store.read { try $0.backupSchedule(name) }.map { record in
            record.schedule.expression.runs(
                after: max(record.decidedUntil, clock.now()), in: record.schedule.zone, count: count)
        }
    }

    /// Newest first, those due before `time`; nil where there is no such schedule.
    public func missedRuns(
        of name: BackupScheduleName, before time: Timestamp, limit: Int
    ) throws(RegistryError) -> [MissedRun]? {
        try store.read { transaction in
            guard try transaction.backupSchedule(name) != nil else { return nil }
            return try transaction.missedRuns(of: name, before: time, limit: limit)
        }
    }

    public func backup(_ name: BackupName) throws(RegistryError) -> Backup? {
        try store.read { try $0.backup(name) }
    }

    /// Newest first, those before `number`.
    public func backups(
        _ filter: BackupFilter, before number: Int64, limit: Int
    ) throws(RegistryError) -> [Backup] {
        try store.read { try $0.backups(filter, before: number, limit: limit) }
    }

    /// Newest first, those before `number`, each with its own; nil where there is no such backup.
    public func verifications(
        of name: BackupName, before number: Int64, limit: Int
    ) throws(RegistryError) -> [(number: Int64, verification: BackupVerification)]? {
        try store.read { transaction in
            guard let backup = try transaction.backup(name) else { return nil }
            return try transaction.verifications(of: backup, before: number, limit: limit)
        }
    }

    public func restore(_ name: RestoreName) throws(RegistryError) -> Restore? {
        try store.read { try $0.restore(name) }
    }

    /// Newest first, those before `number`.
    public func restores(
        _ filter: RestoreFilter, before number: Int64, limit: Int
    ) throws(RegistryError) -> [Restore] {
        try store.read { try $0.restores(filter, before: number, limit: limit) }
    }

    /// Who carries out what is asked for here.
    public var backupExecutors: Set<BackupExecutor> { backups.executors }

    /// Whose work scripts may claim.
    public var backupExecutorsOutside: Set<BackupExecutor> { backups.outside }
}
