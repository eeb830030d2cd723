/// What Velero's records are in the catalog's words.
///
/// The names are Velero's own, so that its backups and those of the catalog are told apart by nothing. What covers less than
/// it seems to (labels, kinds that are picked) covers nothing here: a restore of it would miss objects.
extension VeleroSpec {
    /// What was asked for, as near as the catalog has a word for it.
    var scope: BackupScope { includedNamespaces.isEmpty ? .everything : .namespaces(includedNamespaces) }

    /// What can be restored whole.
    var covers: BackupCover {
        guard isWhole else { return BackupCover() }
        if includedNamespaces.isEmpty {
            return BackupCover(everything: true, exceptNamespaces: excludedNamespaces)
        }
        return BackupCover(namespaces: includedNamespaces.filter { !excludedNamespaces.contains($0) })
    }
}

private func refusal(_ field: String, _ message: String) -> RegistryError {
    RegistryError(
        .invalidArgument, "The field '\(field)' \(message).", errors: [FieldError(field, message)])
}

extension Backup {
    /// - Throws: what is wrong with a name that Velero takes, and the catalog does not.
    public init(velero backup: VeleroBackup) throws(RegistryError) {
        let rule = Names.subdomainRule(bytesMax: Limits.backupNameBytesMax)
        guard let name = BackupName(backup.metadata.name) else { throw refusal("metadata.name", rule) }
        guard let phase = BackupPhase(rawValue: backup.phase) else {
            throw refusal("status.phase", "is '\(backup.phase)', which is no phase here")
        }
        self.init(
            name: name, schedule: backup.schedule.flatMap(BackupScheduleName.init), scope: backup.spec.scope,
            covers: backup.spec.covers, storageLocation: backup.spec.storageLocation ?? "default",
            executor: .velero, source: .import, phase: phase, ttl: backup.spec.ttl,
            labels: backup.metadata.labels, createdAt: backup.metadata.createdAt)
        uid = backup.metadata.uid
        result = BackupResult(
            itemsTotal: backup.itemsTotal, itemsBackedUp: backup.itemsBackedUp, warnings: backup.warnings,
            errors: backup.errors, message: backup.message)
        failure = phase == .failed ? .reported : nil
        startedAt = backup.startedAt
        completedAt = backup.completedAt
        expiresAt = backup.expiresAt
    }
}

extension BackupSchedule {
    /// Velero runs it by itself: nothing is started by the copy.
    ///
    /// - Throws: what is wrong with a name that Velero takes, and the catalog does not.
    public init(velero schedule: VeleroSchedule) throws(RegistryError) {
        guard let name = BackupScheduleName(schedule.metadata.name) else {
            throw refusal(
                "metadata.name", Names.subdomainRule(bytesMax: Limits.backupScheduleNameBytesMax))
        }
        self.init(
            name: name, expression: schedule.expression, zone: schedule.zone, scope: schedule.spec.scope,
            ttl: schedule.spec.ttl, storageLocation: schedule.spec.storageLocation ?? "default",
            executor: .velero, source: .velero, isPaused: schedule.isPaused,
            labels: schedule.metadata.labels)
    }
}

extension Restore {
    /// - Throws: what is wrong with a name that Velero takes, and the catalog does not; and where Velero has not chosen a
    ///   backup yet.
    public init(velero restore: VeleroRestore) throws(RegistryError) {
        let rule = Names.subdomainRule(bytesMax: Limits.backupNameBytesMax)
        guard let name = RestoreName(restore.metadata.name) else { throw refusal("metadata.name", rule) }
        guard let backup = restore.backup.flatMap(BackupName.init) else {
            throw refusal("spec.backupName", restore.backup == nil ? "is not chosen yet" : rule)
        }
        guard let phase = RestorePhase(rawValue: restore.phase) else {
            throw refusal("status.phase", "is '\(restore.phase)', which is no phase here")
        }
        let included = restore.includedNamespaces
        self.init(
            name: name, backup: backup, schedule: restore.schedule.flatMap(BackupScheduleName.init),
            scope: included.isEmpty ? nil : .namespaces(included), covers: BackupCover(namespaces: included),
            namespaceMapping: restore.namespaceMapping, executor: .velero, source: .import, phase: phase,
            createdAt: restore.metadata.createdAt)
        uid = restore.metadata.uid
        warnings = restore.warnings
        errors = restore.errors
        message = restore.message
        failure = phase == .failed ? .reported : nil
        startedAt = restore.startedAt
        completedAt = restore.completedAt
    }
}
