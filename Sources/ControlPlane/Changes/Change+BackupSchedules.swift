import JSON
import Registry
import Store

// `steady` is the time of the clock without jumps, by which leases and deadlines count; what falls due does so by the wall
// clock, which is the transaction's.
extension Change {
    /// Makes a backup schedule, or replaces it; unchanged it stays at its revision.
    public func putBackupSchedule(_ name: BackupScheduleName, _ document: JSONValue) throws -> Outcome {
        let old = try transaction.backupSchedule(name)
        try check("backup schedule", name, at: old?.revision)
        return try save(try BackupSchedule(document: document, name: name), replacing: old)
    }

    /// Applies an RFC 7396 merge patch.
    public func patchBackupSchedule(_ name: BackupScheduleName, _ patch: JSONValue) throws -> Outcome {
        let old = try existing(backupSchedule: name)
        let document = old.schedule.document.applyingMergePatch(patch)
        return try save(try BackupSchedule(document: document, name: name), replacing: old)
    }

    /// Starts no more runs until it is resumed, or goes on with the next.
    public func setPaused(_ isPaused: Bool, backupSchedule name: BackupScheduleName) throws -> Outcome {
        let old = try existing(backupSchedule: name)
        var schedule = old.schedule
        schedule.isPaused = isPaused
        return try save(schedule, replacing: old)
    }

    /// Its backups stay, in the catalog and where they lie.
    public func deleteBackupSchedule(_ name: BackupScheduleName) throws -> Outcome {
        let old = try existing(backupSchedule: name)
        let runs = try transaction.runsUnderWay(of: name)
        let begun = runs.filter(\.phase.isInFlight)
        guard begun.isEmpty else {
            throw RegistryError(
                .inUse, "\(begun.count) of its runs are under way.",
                blockers: begun.prefix(Limits.blockersShownMax).map {
                    Blocker(kind: "backup", id: $0.name.rawValue, message: "is \($0.phase.rawValue)")
                },
                nextSteps: ["wait for their end: GET /v1/backup-schedules/\(name)", "pause it: POST :pause"])
        }
        for run in runs { try transaction.delete(run) }
        try transaction.delete(old)
        return .deleted(name.rawValue, at: transaction.revision(), previous: old.revision)
    }

    /// Starts a run at once, whatever the time; also of a schedule that is paused.
    ///
    /// - Throws: `inUse` where a run is under way and its schedule allows no second.
    public func triggerBackupSchedule(_ name: BackupScheduleName, at steady: Timestamp) throws -> Outcome {
        var schedule = try existing(backupSchedule: name)
        let old = schedule
        if schedule.schedule.overlap == .forbid {
            let runs = try transaction.runsUnderWay(of: name)
            guard runs.isEmpty else { throw overlap(of: runs, name) }
        }
        let backupName = BackupName(of: name, at: transaction.now)
        guard try transaction.backup(backupName) == nil else {
            throw RegistryError(
                .alreadyExists, "There is a backup '\(backupName)' already: a run was started this second.",
                nextSteps: ["GET /v1/backups/\(backupName)", "send it again in a second"])
        }
        try checkRoomForBackup()
        guard let backup = try start(&schedule, backupName, dueAt: nil, at: steady) else {
            throw overlap(of: try transaction.runsUnderWay(of: name), name)
        }
        _ = try transaction.save(schedule, replacing: old)
        var outcome = Outcome(
            created: true, shown: backup.shown(at: transaction.now), revision: backup.revision,
            previous: .zero)
        outcome.location = "/v1/backups/\(backup.name)"
        return outcome
    }

    /// Decides what becomes of the runs that have fallen due.
    ///
    /// - Returns: true where there were any.
    func startDueRuns(of name: BackupScheduleName, at steady: Timestamp) throws -> Bool {
        guard let old = try transaction.backupSchedule(name) else { return false }
        let due = DueRuns(of: old.schedule, after: old.decidedUntil, at: transaction.now)
        guard due.start != nil || !due.missed.isEmpty else { return false }
        var schedule = old
        schedule.decidedUntil = due.decidedUntil
        try miss(due.missed, of: &schedule)
        if let dueAt = due.start {
            // Somebody may have triggered one in that very second.
            let names = [dueAt, transaction.now].map { BackupName(of: name, at: $0) }
            guard let free = try names.first(where: { try transaction.backup($0) == nil }) else {
                return false
            }
            try checkRoomForBackup()
            if try start(&schedule, free, dueAt: dueAt, at: steady) == nil {
                try miss([(dueAt, .overlap)], of: &schedule)
            }
        }
        _ = try transaction.save(schedule, replacing: old)
        return true
    }

    // MARK: Shared

    /// Makes a run of it.
    ///
    /// - Returns: nil where another one stands in its way.
    private func start(
        _ record: inout BackupScheduleRecord, _ name: BackupName, dueAt: Timestamp?, at steady: Timestamp
    ) throws -> Backup? {
        let (schedule, now) = (record.schedule, transaction.now)
        let underWay = try transaction.runsUnderWay(of: schedule.name)
        var waits = false
        switch schedule.overlap {
        case .forbid:
            guard underWay.isEmpty else { return nil }
        case .replace:
            for old in underWay {
                var run = old
                try run.fail(.replaced, "'\(name)' has taken its place", at: now, steady: steady)
                _ = try transaction.save(run, replacing: old)
            }
        case .queue:
            for run in underWay where run.phase == .queued {
                try transaction.delete(run)
                try miss([(run.dueAt ?? run.createdAt, .superseded)], of: &record)
            }
            waits = underWay.contains { $0.phase != .queued }
        }
        var backup = Backup(
            name: name, schedule: schedule.name, dueAt: dueAt, scope: schedule.scope,
            covers: try cover(schedule.scope), storageLocation: schedule.storageLocation,
            executor: schedule.executor, source: .schedule, ttl: schedule.ttl,
            runTimeout: schedule.runTimeout, labels: schedule.labels, createdAt: now)
        if waits {
            try backup.queue(at: now)
        } else if backup.covers.isEmpty {
            try backup.failForNothing(at: now, steady: steady)
        } else {
            try backup.becomeReady(at: now, steady: steady)
        }
        record.lastRunAt = now
        record.lastBackup = name
        return try transaction.insert(backup)
    }

    private func miss(
        _ runs: [(dueAt: Timestamp, reason: MissedRun.Reason)], of record: inout BackupScheduleRecord
    ) throws {
        let missed = runs.map { dueAt, reason in
            MissedRun(
                schedule: record.schedule.name, dueAt: dueAt, reason: reason, recordedAt: transaction.now,
                message: reason.message(record.schedule))
        }
        try transaction.insert(missed, of: record.schedule.name)
        if let last = missed.last { record.lastMissed = last }
    }

    func cover(_ scope: BackupScope) throws -> BackupCover {
        switch scope {
        case .everything, .cells:
            BackupCover(
                scope, of: try transaction.cells(page: Page(limit: Limits.cellsMax)).map(\.cell))
        case .namespaces, .registry: BackupCover(scope, of: [])
        }
    }

    private func overlap(of runs: [Backup], _ name: BackupScheduleName) -> RegistryError {
        RegistryError(
            .inUse, "A run of '\(name)' is under way, and its overlap policy is forbid.",
            blockers: runs.prefix(Limits.blockersShownMax).map {
                Blocker(kind: "backup", id: $0.name.rawValue, message: "is \($0.phase.rawValue)")
            }, nextSteps: ["wait for its end", "PATCH the schedule's 'overlap' to queue or replace"])
    }

    private func save(_ new: BackupSchedule, replacing old: BackupScheduleRecord?) throws -> Outcome {
        var schedule = new
        schedule.source = old?.schedule.source ?? .api
        if old == nil, try transaction.backupScheduleCount() >= Limits.backupSchedulesMax {
            throw RegistryError(
                .inUse,
                "There are \(Limits.backupSchedulesMax) backup schedules already, which is the limit.",
                nextSteps: ["delete some that are not needed: GET /v1/backup-schedules"])
        }
        let now = transaction.now
        var record =
            old
            ?? BackupScheduleRecord(schedule: schedule, decidedUntil: now, createdAt: now, updatedAt: now)
        record.schedule = schedule
        // What it says from now on says nothing of the past, and a pause misses nothing.
        if let was = old?.schedule,
            was.expression != schedule.expression || was.zone != schedule.zone
                || was.isPaused != schedule.isPaused
        {
            record.decidedUntil = max(now, record.decidedUntil)
        }
        let saved = try transaction.save(record, replacing: old)
        return Outcome(
            created: old == nil, shown: try saved.shown(in: transaction, at: now), revision: saved.revision,
            previous: old?.revision ?? .zero)
    }

    private func existing(backupSchedule name: BackupScheduleName) throws -> BackupScheduleRecord {
        guard let schedule = try transaction.backupSchedule(name) else {
            throw Self.noSchedule(name.rawValue)
        }
        try check("backup schedule", name, at: schedule.revision)
        return schedule
    }

    public static func noSchedule(_ name: String) -> RegistryError {
        RegistryError(
            .notFound, "There is no backup schedule '\(name)'.",
            nextSteps: [
                "GET /v1/backup-schedules lists them", "PUT /v1/backup-schedules/\(name) makes it",
            ])
    }
}

extension BackupScheduleRecord {
    /// As the API shows it, with how its runs went.
    func shown(in transaction: ReadTransaction, at now: Timestamp) throws -> JSONObject {
        shown(
            running: try transaction.runsUnderWay(of: schedule.name).map(\.name),
            missed: try transaction.missedRunCount(of: schedule.name, after: lastSuccessAt), at: now)
    }
}

extension Backup {
    /// It asks for what there is not.
    mutating func failForNothing(at now: Timestamp, steady: Timestamp) throws(RegistryError) {
        try fail(.coversNothing, "its scope takes no cell that there is", at: now, steady: steady)
    }
}
