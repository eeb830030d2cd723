import JSON
import Registry
import Store

// What operators and scripts do with backups. `steady` is the time of the clock without jumps.
extension Change {
    /// Wishes for a backup, which an executor takes up, or records one that has been made.
    ///
    /// - Throws: `alreadyExists`, `inUse` where there are as many as there may be, `invalidArgument` where there is nothing
    ///   that it could cover.
    public func createBackup(_ request: BackupRequest, at steady: Timestamp) throws -> Outcome {
        let now = transaction.now
        try request.finished?.check(at: now)
        var backup = Backup(request, covers: try cover(request.scope), at: now)
        let old = try transaction.backup(backup.name)
        try check("backup", backup.name, at: old?.revision)
        guard old == nil else {
            throw RegistryError(
                .alreadyExists, "There is a backup '\(backup.name)' already.",
                nextSteps: ["GET /v1/backups/\(backup.name)", "give another name"])
        }
        guard !backup.covers.isEmpty else {
            throw RegistryError(
                .invalidArgument, "The scope takes no cell that there is.",
                errors: [FieldError("scope.cells", "takes no cell that there is")])
        }
        try checkRoomForBackup()
        if request.finished == nil { try backup.becomeReady(at: now, steady: steady) }
        let saved = try transaction.insert(backup)
        var outcome = Outcome(
            created: true, shown: saved.shown(at: now), revision: saved.revision, previous: .zero)
        outcome.location = "/v1/backups/\(saved.name)"
        return outcome
    }

    /// - Throws: `inUse`.
    func checkRoomForBackup() throws {
        guard try transaction.backupCount() >= Limits.backupsMax else { return }
        throw RegistryError(
            .inUse, "There are \(Limits.backupsMax) backups in the catalog, which is the limit.",
            nextSteps: ["POST /v1/backups:prune?dryRun=true names those that may go", "shorten their ttl"])
    }

    /// Labels, and how long it is kept.
    public func patchBackup(_ name: BackupName, _ patch: BackupPatch) throws -> Outcome {
        try change(backup: name) { try $0.apply(patch) }
    }

    /// Keeps it from being deleted. The same hold again changes nothing.
    ///
    /// - Throws: `stateConflict` where it is being deleted already, `inUse` where it has as many as there may be.
    public func holdBackup(_ name: BackupName, _ reason: String) throws -> Outcome {
        let (by, now) = (transaction.context.principal.name, transaction.now)
        return try change(backup: name) { backup in
            guard backup.phase != .deleting else {
                throw RegistryError(
                    .stateConflict, "The backup '\(name)' is being deleted: it can't be held any more.",
                    nextSteps: ["hold another one: GET /v1/backups"])
            }
            guard !backup.holds.contains(where: { $0.by == by && $0.reason == reason }) else { return }
            guard backup.holds.count < Limits.holdsPerBackupMax else {
                throw RegistryError(
                    .inUse, "The backup '\(name)' has \(Limits.holdsPerBackupMax) holds, which is the limit.",
                    nextSteps: ["POST :release takes them off"])
            }
            backup.holds.append(BackupHold(reason: reason, by: by, at: now))
        }
    }

    /// Takes holds off.
    ///
    /// - Parameter by: whose; nil: everybody's.
    public func releaseBackup(_ name: BackupName, by: String?) throws -> Outcome {
        try change(backup: name) { $0.holds.removeAll { by == nil || $0.by == by } }
    }

    /// Records that somebody has looked whether it is any good.
    ///
    /// - Throws: `stateConflict` where there is nothing that could be looked at.
    public func verifyBackup(_ name: BackupName, _ verification: BackupVerification) throws -> Outcome {
        let backup = try existing(backup: name)
        guard backup.phase == .completed || backup.phase == .partiallyFailed else {
            throw RegistryError(
                .stateConflict,
                "The backup '\(name)' is \(backup.phase.rawValue): there is nothing to verify.",
                nextSteps: ["wait for its end: GET /v1/backups/\(name)", "verify a completed one"])
        }
        guard verification.at <= transaction.now.advanced(byMilliseconds: Limits.reportSkewMax.milliseconds)
        else {
            throw RegistryError(
                .stateConflict, "The verification can't be of \(verification.at): it is \(transaction.now).",
                nextSteps: ["correct 'verifiedAt', or leave it out for now"])
        }
        try transaction.insert(verification, of: backup)
        return try change(backup: name) { backup in
            // One that is told of later than it was made does not speak for today.
            guard backup.verification.map({ $0.at <= verification.at }) ?? true else { return }
            backup.verification = verification
        }
    }

    /// Has it deleted by who has made it, or only forgotten.
    ///
    /// - Parameters:
    ///   - catalogOnly: what lies in storage stays there.
    ///   - override: the last good one may go too.
    /// - Throws: `inUse` naming what stands in the way.
    public func deleteBackup(_ name: BackupName, catalogOnly: Bool, override: Bool) throws -> Outcome {
        let old = try existing(backup: name)
        let blockers = try blockers(toDelete: old, override: override)
        guard blockers.isEmpty else {
            throw RegistryError(
                .inUse, "The backup '\(name)' can't be deleted: \(blockers[0].message).",
                blockers: Array(blockers.prefix(Limits.blockersShownMax)), nextSteps: steps(blockers, name))
        }
        guard !catalogOnly, let saved = try remove(old) else {
            if catalogOnly { try transaction.delete(old) }
            return .deleted(name.rawValue, at: transaction.revision(), previous: old.revision)
        }
        return Outcome(
            created: false, shown: saved.shown(at: transaction.now), revision: saved.revision,
            previous: old.revision)
    }

    /// Has a backup deleted, whatever speaks against it.
    ///
    /// - Returns: nil where it is gone at once, for nothing of it was ever stored.
    func remove(_ old: Backup) throws -> Backup? {
        guard old.startedAt != nil, old.phase != .failedValidation else {
            try transaction.delete(old)
            return nil
        }
        var backup = old
        try backup.take(.delete, at: transaction.now)
        return try transaction.save(backup, replacing: old)
    }

    /// What keeps a backup where it is.
    func blockers(toDelete backup: Backup, override: Bool) throws -> [Blocker] {
        var blockers = backup.holds.map {
            Blocker(kind: "hold", id: $0.by, message: "'\($0.by)' holds it: \($0.reason)")
        }
        blockers += try transaction.restoresReading(backup.name).map {
            Blocker(kind: "restore", id: $0.rawValue, message: "the restore '\($0)' reads it")
        }
        if backup.phase.isInFlight {
            blockers.append(
                Blocker(
                    kind: "backup", id: backup.name.rawValue,
                    message: "it is under way: \(backup.phase.rawValue)"))
        }
        if backup.isGood, !override, try transaction.goodBackups(of: backup.line, limit: 2).count < 2 {
            let what = backup.schedule.map { "of the schedule '\($0)'" } ?? "of its scope"
            blockers.append(
                Blocker(kind: "lastGood", id: backup.line, message: "it is the last good backup \(what)"))
        }
        return blockers
    }

    private func steps(_ blockers: [Blocker], _ name: BackupName) -> [String] {
        let kinds = Set(blockers.map(\.kind))
        var steps: [String] = []
        if kinds.contains("hold") { steps.append("POST /v1/backups/\(name):release takes holds off") }
        if kinds.contains("restore") { steps.append("wait for the restore's end") }
        if kinds.contains("backup") { steps.append("wait for its end, or for its time-out") }
        if kinds.contains("lastGood") {
            steps += ["make another one first", "DELETE with ?override=true and an Audit-Reason"]
        }
        return steps
    }

    // MARK: Shared

    private func change(backup name: BackupName, _ body: (inout Backup) throws -> Void) throws -> Outcome {
        let old = try existing(backup: name)
        var backup = old
        try body(&backup)
        let saved = try transaction.save(backup, replacing: old)
        return Outcome(
            created: false, shown: saved.shown(at: transaction.now), revision: saved.revision,
            previous: old.revision)
    }

    func existing(backup name: BackupName) throws -> Backup {
        guard let backup = try transaction.backup(name) else { throw Self.noBackup(name.rawValue) }
        try check("backup", name, at: backup.revision)
        return backup
    }

    public static func noBackup(_ name: String) -> RegistryError {
        RegistryError(
            .notFound, "There is no backup '\(name)'.", nextSteps: ["GET /v1/backups lists those there are"])
    }
}
