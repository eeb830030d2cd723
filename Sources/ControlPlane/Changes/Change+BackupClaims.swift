import JSON
import Registry
import Store

// What executors do with backups. `steady` is the time of the clock without jumps, by which leases and deadlines count.
extension Change {
    /// The next backup to be made, else the next to be deleted, for one worker alone; nothing where there is none.
    ///
    /// - Parameter executors: for whom is asked; others' are not to be had.
    /// - Throws: `notFound`, and `stateConflict` where the one that is named is another executor's.
    public func claimBackup(
        _ request: BackupClaimRequest, for executors: Set<BackupExecutor>, at steady: Timestamp
    ) throws -> Outcome {
        if let name = request.name { try checkClaimable(try transaction.backup(name), name, for: executors) }
        let candidates = try transaction.activeBackups().filter {
            executors.contains($0.executor) && (request.schedule == nil || $0.schedule == request.schedule)
                && (request.name == nil || $0.name == request.name)
        }
        for backup in candidates where backup.phase.isClaimable {
            if let outcome = try make(backup, for: request, at: steady) { return outcome }
        }
        for backup in candidates where backup.phase == .deleting && !backup.isLeased(at: steady) {
            return .progress(try begin(backup, covers: nil, for: request, at: steady))
        }
        return .nothing
    }

    private func checkClaimable(_ backup: Backup?, _ name: BackupName, for executors: Set<BackupExecutor>)
        throws
    {
        guard let backup else { throw Self.noBackup(name.rawValue) }
        guard !executors.contains(backup.executor) else { return }
        throw RegistryError(
            .stateConflict,
            "The backup '\(name)' is carried out by \(backup.executor.rawValue): it can't be claimed.",
            nextSteps: ["leave it to \(backup.executor.rawValue)"])
    }

    /// Nil where there is nothing any more that it could cover.
    private func make(
        _ old: Backup, for request: BackupClaimRequest, at steady: Timestamp
    ) throws -> Outcome? {
        let covers = try cover(old.scope)
        guard !covers.isEmpty else {
            var backup = old
            try backup.failForNothing(at: transaction.now, steady: steady)
            try end(try transaction.save(backup, replacing: old), at: steady)
            return nil
        }
        return .progress(try begin(old, covers: covers, for: request, at: steady))
    }

    private func begin(
        _ old: Backup, covers: BackupCover?, for request: BackupClaimRequest, at steady: Timestamp
    ) throws -> JSONObject {
        let claim = Claim(
            worker: request.worker, token: try transaction.nextFencingToken(), lease: request.lease,
            now: steady)
        var backup = old
        let work = try backup.begin(claim, covers: covers, at: transaction.now, steady: steady)
        _ = try transaction.save(backup, replacing: old)
        return work.document
    }

    /// What the holder of a backup's claim says of it.
    ///
    /// - Throws: `stateConflict`, whose blocker of kind `report` says why it does not count.
    public func report(_ report: BackupReport, of name: BackupName, at steady: Timestamp) throws -> Outcome {
        guard let old = try transaction.backup(name) else { throw Self.noBackup(name.rawValue) }
        var backup = old
        guard try backup.take(report, at: transaction.now, steady: steady) else {
            try transaction.delete(old)
            return .deleted(name.rawValue, at: transaction.revision(), previous: old.revision)
        }
        let saved = try transaction.save(backup, replacing: old)
        if old.phase.isUnderWay, saved.phase.isTerminal { try end(saved, at: steady) }
        return .progress(saved.shown(at: transaction.now))
    }

    /// Fails what its worker keeps silent about, and what takes too long: nothing stops its schedule for ever.
    ///
    /// - Returns: how many.
    func giveUpBackups(at steady: Timestamp) throws -> Int {
        var count = 0
        for old in try transaction.backupsUnderWay() {
            guard let (failure, message) = old.givenUp(at: steady) else { continue }
            var backup = old
            try backup.fail(failure, message, at: transaction.now, steady: steady)
            try end(try transaction.save(backup, replacing: old), at: steady)
            count += 1
        }
        return count
    }

    /// What follows from a run's end: its schedule knows of it, and the one that waits is ready.
    private func end(_ backup: Backup, at steady: Timestamp) throws {
        guard let name = backup.schedule, let old = try transaction.backupSchedule(name) else { return }
        if backup.phase == .completed {
            var schedule = old
            schedule.lastSuccessAt = backup.completedAt
            _ = try transaction.save(schedule, replacing: old)
        }
        let runs = try transaction.runsUnderWay(of: name)
        guard let waiting = runs.first, runs.allSatisfy({ $0.phase == .queued }) else { return }
        var next = waiting
        try next.becomeReady(at: transaction.now, steady: steady)
        _ = try transaction.save(next, replacing: waiting)
    }
}
