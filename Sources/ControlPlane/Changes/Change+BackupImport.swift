import JSON
import Registry
import Store

extension Change {
    /// Takes over what Velero shows of its schedules, backups and restores. The same again changes nothing: each is known
    /// by its `metadata.uid`, a schedule by its name. What can't be taken over is named, and the others are taken.
    ///
    /// What was decided here of them stays: holds, verifications, a deletion that was asked for, what schedules promise.
    public func importBackups(_ velero: VeleroImport) throws -> Outcome {
        var report = BackupImportReport(velero.failures)
        for schedule in velero.schedules {
            report.add("Schedule", schedule.metadata.name, try attempt { try take(schedule) })
        }
        let cells = try transaction.cells(page: Page(limit: Limits.cellsMax))
        // The oldest first, which is the order of lists.
        for backup in velero.backups.sorted(by: { $0.begunAt < $1.begunAt }) {
            report.add("Backup", backup.metadata.name, try attempt { try take(backup, over: cells) })
        }
        for restore in velero.restores.sorted(by: { $0.metadata.createdAt < $1.metadata.createdAt }) {
            report.add("Restore", restore.metadata.name, try attempt { try take(restore) })
        }
        for name in Set(velero.backups.compactMap { $0.schedule.flatMap(BackupScheduleName.init) }) {
            try noteRuns(of: name)
        }
        return .progress(report.shown)
    }

    private func attempt(_ take: () throws -> ImportedLine) throws -> ImportedLine {
        do {
            return try take()
        } catch let error as RegistryError where error.code != .internalError {
            return .failed(error)
        }
    }

    // MARK: Schedules

    private func take(_ velero: VeleroSchedule) throws -> ImportedLine {
        var schedule = try BackupSchedule(velero: velero)
        try checkKept(schedule.scope, schedule.storageLocation)
        let ttls = Limits.backupTTLs
        schedule.ttl = min(max(schedule.ttl, ttls.lowerBound), ttls.upperBound)
        let old = try transaction.backupSchedule(schedule.name)
        if let kept = old?.schedule {
            guard kept.source == .velero else { throw taken("schedule", schedule.name.rawValue) }
            // Promises, and what is to be kept, are the catalog's own.
            (schedule.rpo, schedule.rto, schedule.keepLast) = (kept.rpo, kept.rto, kept.keepLast)
            (schedule.labels, schedule.annotations) = (kept.labels, kept.annotations)
            (schedule.startingDeadline, schedule.runTimeout) = (kept.startingDeadline, kept.runTimeout)
        } else if try transaction.backupScheduleCount() >= Limits.backupSchedulesMax {
            throw full("backup schedules", Limits.backupSchedulesMax)
        }
        let now = transaction.now
        var record =
            old
            ?? BackupScheduleRecord(schedule: schedule, decidedUntil: now, createdAt: now, updatedAt: now)
        record.schedule = schedule
        guard record != old else { return .unchanged }
        _ = try transaction.save(record, replacing: old)
        return old == nil ? .created : .updated
    }

    /// What the schedule's status says of its runs.
    private func noteRuns(of name: BackupScheduleName) throws {
        guard let old = try transaction.backupSchedule(name), old.schedule.source == .velero,
            let newest = try transaction.backups(BackupFilter(schedule: name), limit: 1).first
        else { return }
        var record = old
        record.lastBackup = newest.name
        record.lastRunAt = newest.startedAt ?? newest.createdAt
        record.lastSuccessAt = try transaction.goodBackups(of: newest.line, limit: 1).first?.completedAt
        _ = try transaction.save(record, replacing: old)
    }

    // MARK: Backups

    private func take(_ velero: VeleroBackup, over cells: [CellRecord]) throws -> ImportedLine {
        var fresh = try Backup(velero: velero)
        try checkKept(fresh.scope, fresh.storageLocation)
        if fresh.covers.everything {
            fresh.covers.cells =
                BackupCover(
                    .everything, of: cells.filter { $0.createdAt <= velero.begunAt }.map(\.cell)
                ).cells
        }
        if fresh.phase.isInFlight { fresh.startedAt = velero.begunAt }
        let isOver = fresh.phase.isTerminal || fresh.phase == .deleting
        fresh.completedAt = isOver ? velero.completedAt ?? velero.begunAt : nil
        guard let old = try transaction.backup(uid: fresh.uid) else {
            guard try transaction.backup(fresh.name) == nil else {
                throw taken("backup", fresh.name.rawValue)
            }
            try checkRoomForBackup()
            _ = try transaction.insert(fresh)
            return .created
        }
        // Whoever asked for its deletion knows more than what Velero said before.
        guard old.phase != .deleting else { return .unchanged }
        guard fresh.phase != .deleting || old.holds.isEmpty else {
            throw RegistryError(
                .stateConflict, "The backup '\(old.name)' is held here, and Velero deletes it.",
                errors: [FieldError("status.phase", "is Deleting, and the backup is held here")])
        }
        var backup = old
        (backup.phase, backup.failure) = (fresh.phase, fresh.failure)
        (backup.startedAt, backup.completedAt) = (fresh.startedAt, fresh.completedAt)
        backup.result = fresh.result
        if old.ttl == fresh.ttl { backup.expiresAt = fresh.expiresAt }
        guard backup != old else { return .unchanged }
        _ = try transaction.save(backup, replacing: old)
        return .updated
    }

    // MARK: Restores

    private func take(_ velero: VeleroRestore) throws -> ImportedLine {
        var fresh = try Restore(velero: velero)
        if let scope = fresh.scope { try checkKept(scope, "default") }
        if velero.includedNamespaces.isEmpty {
            fresh.covers = try transaction.backup(fresh.backup)?.covers ?? BackupCover()
        }
        if fresh.phase.isInFlight { fresh.startedAt = velero.startedAt ?? velero.metadata.createdAt }
        let end = velero.completedAt ?? velero.startedAt ?? velero.metadata.createdAt
        fresh.completedAt = fresh.phase.isTerminal ? end : nil
        guard let old = try transaction.restore(uid: fresh.uid) else {
            guard try transaction.restore(fresh.name) == nil else {
                throw taken("restore", fresh.name.rawValue)
            }
            guard try transaction.restoreCount() < Limits.restoresMax else {
                throw full("restores", Limits.restoresMax)
            }
            _ = try transaction.insert(fresh)
            return .created
        }
        var restore = old
        (restore.phase, restore.failure) = (fresh.phase, fresh.failure)
        (restore.startedAt, restore.completedAt) = (fresh.startedAt, fresh.completedAt)
        (restore.warnings, restore.errors, restore.message) = (fresh.warnings, fresh.errors, fresh.message)
        guard restore != old else { return .unchanged }
        _ = try transaction.save(restore, replacing: old)
        return .updated
    }

    // MARK: What is refused

    /// What is kept must be readable again: patterns of namespaces are none that a scope can have.
    private func checkKept(_ scope: BackupScope, _ location: String) throws {
        guard BackupScope(document: scope.document) != nil else {
            throw RegistryError(
                .invalidArgument, "Its namespaces can't be a scope here.",
                errors: [
                    FieldError(
                        "includedNamespaces",
                        "must be at most \(Limits.backupNamespacesMax) names, without patterns")
                ])
        }
        guard location.utf8.count <= Limits.storageLocationBytesMax else {
            throw RegistryError(
                .invalidArgument, "The name of its storage location is too long for this catalog.",
                errors: [
                    FieldError("storageLocation", "has more than \(Limits.storageLocationBytesMax) bytes")
                ])
        }
    }

    private func taken(_ noun: String, _ name: String) -> RegistryError {
        RegistryError(
            .alreadyExists, "There is a \(noun) '\(name)' already that is not this one.",
            errors: [FieldError("metadata.name", "is that of another \(noun) in the catalog")])
    }

    private func full(_ nouns: String, _ most: Int) -> RegistryError {
        RegistryError(.inUse, "There are \(most) \(nouns) in the catalog, which is the limit.")
    }
}

extension VeleroBackup {
    /// How old its data is.
    fileprivate var begunAt: Timestamp { startedAt ?? metadata.createdAt }
}
