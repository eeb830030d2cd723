import JSON
import Registry
import SQLite

enum BackupStore {
    static let columns = """
        b.number, b.name, b.schedule, b.due_at_ms, b.phase, b.executor, b.source, b.uid, b.spec, b.holds, b.result,
        b.failure, b.verification, b.worker, b.token, b.lease_ms, b.lease_ends_at_ms, b.deadline_ms, b.created_at_ms,
        b.started_at_ms, b.completed_at_ms, b.expires_at_ms, b.updated_at_ms, b.revision
        """

    static func record(_ row: borrowing Row) throws -> Backup {
        let spec = try JSONValue(parsing: Array(row.text(8).utf8))
        guard let name = BackupName(row.text(1)), let phase = BackupPhase(rawValue: row.text(4)),
            let executor = BackupExecutor(rawValue: row.text(5)),
            let source = Backup.Source(rawValue: row.text(6)),
            let scope = spec["scope"].flatMap(BackupScope.init(document:)),
            let ttl = spec["ttl"]?.string.flatMap(Duration.init(go:)),
            let runTimeout = spec["runTimeout"]?.string.flatMap(Duration.init(go:))
        else { throw RegistryError(.internalError, "A kept backup can't be read.") }
        var backup = Backup(
            name: name, schedule: row.optionalText(2).flatMap(BackupScheduleName.init),
            dueAt: row.optionalInt64(3).map(Timestamp.init(rawValue:)), scope: scope,
            covers: BackupCover(document: spec["covers"] ?? .null),
            storageLocation: spec["storageLocation"]?.string ?? "", executor: executor, source: source,
            phase: phase, ttl: ttl, runTimeout: runTimeout,
            labels: spec["labels"]?.object.map(labels) ?? [:], createdAt: Timestamp(rawValue: row.int64(18)))
        backup.number = row.int64(0)
        backup.uid = row.optionalText(7) ?? ""
        backup.holds =
            try JSONValue(parsing: Array(row.text(9).utf8)).array?.compactMap(BackupHold.init) ?? []
        backup.result = BackupResult(kept: try JSONValue(parsing: Array(row.text(10).utf8)))
        backup.failure = row.optionalText(11).flatMap(BackupFailure.init)
        backup.verification = try row.optionalText(12).flatMap {
            BackupVerification(kept: try JSONValue(parsing: Array($0.utf8)))
        }
        backup.claim = claim(row, at: 13)
        backup.deadline = row.optionalInt64(17).map(Timestamp.init(rawValue:))
        backup.startedAt = row.optionalInt64(19).map(Timestamp.init(rawValue:))
        backup.completedAt = row.optionalInt64(20).map(Timestamp.init(rawValue:))
        backup.expiresAt = Timestamp(rawValue: row.int64(21))
        backup.updatedAt = Timestamp(rawValue: row.int64(22))
        backup.revision = Revision(rawValue: row.int64(23))
        return backup
    }

    /// Worker, token, lease and its end, from the column on.
    static func claim(_ row: borrowing Row, at column: Int) -> Claim? {
        guard let worker = row.optionalText(column) else { return nil }
        return Claim(
            worker: worker, token: FencingToken(rawValue: row.int64(column + 1)),
            lease: .milliseconds(row.int64(column + 2)),
            leaseEndsAt: Timestamp(rawValue: row.int64(column + 3)))
    }

    static func labels(_ members: JSONObject) -> [String: String] {
        Dictionary(uniqueKeysWithValues: members.compactMap { key, value in value.string.map { (key, $0) } })
    }

    static func spec(_ backup: Backup) -> String {
        JSONValue.object([
            "scope": backup.scope.document, "covers": backup.covers.document,
            "storageLocation": .string(backup.storageLocation),
            "ttl": .string(backup.ttl.goInWholeNumbers),
            "runTimeout": .string(backup.runTimeout.goInWholeNumbers),
            "labels": .object(JSONObject(strings: backup.labels)),
        ]).encodedString(.canonical)
    }

    static let isActive = "b.phase NOT IN ('FailedValidation', 'Completed', 'PartiallyFailed', 'Failed')"
}

extension ReadTransaction {
    public func backup(_ name: BackupName) throws -> Backup? {
        try connection.first(Self.backupSQL, name.rawValue, row: BackupStore.record)
    }

    private static let backupSQL = "SELECT \(BackupStore.columns) FROM backups b WHERE b.name = $1"

    /// By the name that it has where it came from.
    public func backup(uid: String) throws -> Backup? {
        try connection.first(Self.backupByUIDSQL, uid, row: BackupStore.record)
    }

    private static let backupByUIDSQL = "SELECT \(BackupStore.columns) FROM backups b WHERE b.uid = $1"

    /// Newest first, at most `limit` of those before `number`.
    public func backups(_ filter: BackupFilter = BackupFilter(), before number: Int64 = .max, limit: Int)
        throws
        -> [Backup]
    {
        try connection.query(
            filter.schedule == nil ? Self.backupsSQL : Self.backupsOfScheduleSQL, number,
            filter.phase?.rawValue, limit, filter.schedule?.rawValue, row: BackupStore.record)
    }

    private static let backupsSQL = """
        SELECT \(BackupStore.columns) FROM backups b
        WHERE b.number < $1 AND ($2 IS NULL OR b.phase = $2) AND $4 IS NULL ORDER BY b.number DESC LIMIT $3
        """
    private static let backupsOfScheduleSQL = """
        SELECT \(BackupStore.columns) FROM backups b
        WHERE b.schedule = $4 AND b.number < $1 AND ($2 IS NULL OR b.phase = $2) ORDER BY b.number DESC LIMIT $3
        """

    public func backupCount() throws -> Int {
        try connection.first("SELECT count(*) FROM backups") { $0.int(0) } ?? 0
    }

    /// Those that are to be made, are being made, or are being deleted, oldest first.
    public func activeBackups() throws -> [Backup] {
        try connection.query(Self.activeBackupsSQL, row: BackupStore.record)
    }

    private static let activeBackupsSQL = """
        SELECT \(BackupStore.columns) FROM backups b WHERE \(BackupStore.isActive) ORDER BY b.number
        """

    /// Those that are to be made, or are being made, oldest first.
    public func backupsUnderWay() throws -> [Backup] {
        try connection.query(Self.backupsUnderWaySQL, row: BackupStore.record)
    }

    private static let backupsUnderWaySQL = """
        SELECT \(BackupStore.columns) FROM backups b
        WHERE \(BackupStore.isActive) AND b.phase <> 'Deleting' ORDER BY b.number
        """

    /// The schedule's runs that have not ended, oldest first.
    public func runsUnderWay(of schedule: BackupScheduleName) throws -> [Backup] {
        try connection.query(Self.runsUnderWaySQL, schedule.rawValue, row: BackupStore.record)
    }

    private static let runsUnderWaySQL = """
        SELECT \(BackupStore.columns) FROM backups b
        WHERE \(BackupStore.isActive) AND b.phase <> 'Deleting' AND b.schedule = $1 ORDER BY b.number
        """

    /// The good ones of a line, newest first by the time at which they began.
    public func goodBackups(of line: String, limit: Int) throws -> [Backup] {
        try connection.query(Self.goodBackupsSQL, line, limit, row: BackupStore.record)
    }

    private static let goodBackupsSQL = """
        SELECT \(BackupStore.columns) FROM backups b
        WHERE b.line = $1 AND b.phase = 'Completed'
          AND (b.verification IS NULL OR b.verification ->> 'result' = 'passed')
        ORDER BY coalesce(b.started_at_ms, b.created_at_ms) DESC, b.number DESC LIMIT $2
        """
}

extension ReadTransaction {
    /// What retention must know of every backup, without reading any of them whole.
    public func retentionCandidates() throws -> [RetentionCandidate] {
        let reading = Dictionary(grouping: try activeRestores(), by: \.backup.rawValue)
        return try connection.query(Self.candidatesSQL) { row in
            guard let phase = BackupPhase(rawValue: row.text(2)) else {
                throw RegistryError(.internalError, "A kept backup has no known phase.")
            }
            let holds = try JSONValue(parsing: Array(row.text(6).utf8)).array ?? []
            return RetentionCandidate(
                name: row.text(0), line: row.text(1),
                outcome: Self.outcome(phase, verification: row.optionalText(3)),
                startedAt: Timestamp(rawValue: row.int64(4)), expiresAt: Timestamp(rawValue: row.int64(5)),
                holds: holds.compactMap { $0["reason"]?.string },
                restores: reading[row.text(0)]?.map(\.name.rawValue) ?? [])
        }
    }

    private static let candidatesSQL = """
        SELECT name, line, phase, verification ->> 'result', coalesce(started_at_ms, created_at_ms), expires_at_ms, holds
        FROM backups
        """

    private static func outcome(
        _ phase: BackupPhase, verification: String?
    ) -> RetentionCandidate.Outcome {
        switch phase {
        case .completed: verification == "failed" ? .doubtful : .good
        case .partiallyFailed: .doubtful
        case .failed, .failedValidation: .failed
        case .deleting: .deleting
        case .new, .queued, .readyToStart, .inProgress, .waiting, .waitingPartiallyFailed, .finalizing,
            .finalizingPartiallyFailed:
            .underWay
        }
    }
}

extension WriteTransaction {
    /// Adds the backup. Its number and revision are those of its event.
    public func insert(_ new: Backup) throws -> Backup {
        var backup = new
        let previous = try lastRevision(of: .backup, backup.name.rawValue)
        backup.revision = try record(
            .backup, backup.name.rawValue, document: backup.document, previous: previous, routing: false)
        backup.number = backup.revision.rawValue
        try write(backup)
        return backup
    }

    /// Writes back what has changed of the backup since `old` was read: what was decided, and what it has come to, as an
    /// event, progress without.
    public func save(_ new: Backup, replacing old: Backup) throws -> Backup {
        var backup = new
        if backup.document != old.document {
            backup.revision = try record(
                .backup, backup.name.rawValue, document: backup.document, previous: old.revision,
                routing: false)
            backup.updatedAt = now
        }
        if backup != old { try write(backup) }
        return backup
    }

    private func write(_ backup: Backup) throws {
        try connection.run(
            Self.writeBackupSQL, backup.number, backup.name.rawValue, backup.schedule?.rawValue,
            backup.dueAt?.rawValue, backup.line, backup.phase.rawValue, backup.executor.rawValue,
            backup.source.rawValue, backup.uid.isEmpty ? nil : backup.uid, BackupStore.spec(backup),
            JSONValue.array(backup.holds.map(\.document)).encodedString(.canonical),
            JSONValue.object(backup.result.members).encodedString(.canonical), backup.failure?.rawValue,
            backup.verification?.document.encodedString(.canonical), backup.claim?.worker,
            backup.claim?.token.rawValue, backup.claim?.lease.milliseconds,
            backup.claim?.leaseEndsAt.rawValue, backup.deadline?.rawValue, backup.createdAt.rawValue,
            backup.startedAt?.rawValue, backup.completedAt?.rawValue, backup.expiresAt.rawValue,
            backup.updatedAt.rawValue, backup.revision.rawValue)
    }

    private static let writeBackupSQL = """
        INSERT INTO backups (number, name, schedule, due_at_ms, line, phase, executor, source, uid, spec, holds, result,
                             failure, verification, worker, token, lease_ms, lease_ends_at_ms, deadline_ms,
                             created_at_ms, started_at_ms, completed_at_ms, expires_at_ms, updated_at_ms, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
                $23, $24, $25)
        ON CONFLICT (number) DO UPDATE SET
            phase = excluded.phase, uid = excluded.uid, spec = excluded.spec, holds = excluded.holds,
            result = excluded.result, failure = excluded.failure, verification = excluded.verification,
            worker = excluded.worker, token = excluded.token, lease_ms = excluded.lease_ms,
            lease_ends_at_ms = excluded.lease_ends_at_ms, deadline_ms = excluded.deadline_ms,
            started_at_ms = excluded.started_at_ms, completed_at_ms = excluded.completed_at_ms,
            expires_at_ms = excluded.expires_at_ms, updated_at_ms = excluded.updated_at_ms,
            revision = excluded.revision
        """

    /// Nothing is left of it, or nobody wants to know of it any more.
    public func delete(_ old: Backup) throws {
        _ = try record(.backup, old.name.rawValue, document: nil, previous: old.revision, routing: false)
        try connection.run("DELETE FROM backups WHERE number = $1", old.number)
    }
}
