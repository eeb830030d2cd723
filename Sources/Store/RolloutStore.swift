import JSON
import Registry
import SQLite

enum RolloutStore {
    static let columns = """
        r.number, r.id, r.state, r.going_back, r.spec, r.waves, r.wave, r.cause, r.approved_wave, r.asked_at_ms,
        r.forgiven, r.progress_at_ms, r.actor, r.reason, r.created_at_ms, r.started_at_ms, r.updated_at_ms,
        r.ended_at_ms, r.revision, r.release, l.document, r.plan
        """
    static let table = "rollouts r JOIN releases l ON l.name = r.release"

    static func record(_ row: borrowing Row) throws -> Rollout {
        guard let id = RolloutID(row.text(1)), let state = RolloutState(rawValue: row.text(2)),
            let name = ReleaseName(row.text(19))
        else { throw RegistryError(.internalError, "A kept rollout has no known name, state or release.") }
        var rollout = Rollout(
            id: id,
            release: try Release(document: JSONValue(parsing: Array(row.text(20).utf8)), name: name),
            request: try RolloutRequest(document: JSONValue(parsing: Array(row.text(4).utf8))),
            waves: try JSONValue(parsing: Array(row.text(5).utf8)).array?.compactMap(\.string) ?? [],
            plan: row.text(21), actor: row.text(12), reason: row.text(13),
            createdAt: Timestamp(rawValue: row.int64(14)))
        rollout.number = row.int64(0)
        rollout.life = RolloutLife(state, isGoingBack: row.bool(3))
        rollout.wave = row.int(6)
        rollout.cause = try row.optionalText(7).map(cause)
        rollout.approvedWave = row.int(8)
        rollout.askedAt = row.optionalInt64(9).map(Timestamp.init(rawValue:))
        rollout.forgiven = row.int(10)
        rollout.progressAt = Timestamp(rawValue: row.int64(11))
        rollout.startedAt = row.optionalInt64(15).map(Timestamp.init(rawValue:))
        rollout.updatedAt = Timestamp(rawValue: row.int64(16))
        rollout.endedAt = row.optionalInt64(17).map(Timestamp.init(rawValue:))
        rollout.revision = Revision(rawValue: row.int64(18))
        return rollout
    }

    private static func cause(_ text: String) throws -> RolloutCause {
        let document = try JSONValue(parsing: Array(text.utf8))
        guard let kind = document["kind"]?.string.flatMap(RolloutCause.Kind.init),
            let message = document["message"]?.string
        else { throw RegistryError(.internalError, "A kept rollout has no known cause.") }
        return RolloutCause(kind, message)
    }
}

extension ReadTransaction {
    public func rollout(_ id: RolloutID) throws -> Rollout? {
        try connection.first(Self.rolloutSQL, id.rawValue, row: RolloutStore.record)
    }

    private static let rolloutSQL = """
        SELECT \(RolloutStore.columns) FROM \(RolloutStore.table) WHERE r.id = $1
        """

    /// Newest first, at most `limit` of those before `before`.
    public func rollouts(_ filter: RolloutFilter, before: Int64, limit: Int) throws -> [Rollout] {
        try connection.query(
            filter.release == nil ? Self.rolloutsSQL : Self.rolloutsOfReleaseSQL, before,
            filter.state?.rawValue, limit, filter.release?.rawValue, row: RolloutStore.record)
    }

    private static let rolloutsSQL = """
        SELECT \(RolloutStore.columns) FROM \(RolloutStore.table)
        WHERE r.number < $1 AND ($2 IS NULL OR r.state = $2) AND $4 IS NULL ORDER BY r.number DESC LIMIT $3
        """
    private static let rolloutsOfReleaseSQL = """
        SELECT \(RolloutStore.columns) FROM \(RolloutStore.table)
        WHERE r.release = $4 AND r.number < $1 AND ($2 IS NULL OR r.state = $2) ORDER BY r.number DESC LIMIT $3
        """

    /// Names of the rollouts that have not ended, oldest first.
    public func rolloutsUnderWay() throws -> [RolloutID] {
        try connection.query("SELECT id FROM rollouts WHERE ended_at_ms IS NULL ORDER BY number") {
            RolloutID($0.text(0))
        }.compactMap { $0 }
    }

    /// When anything last happened in one that has not ended; nil where there is none.
    public func lastRolloutProgress() throws -> Timestamp? {
        try connection.first(Self.lastProgressSQL) { $0.optionalInt64(0).map(Timestamp.init(rawValue:)) }
            ?? nil
    }

    private static let lastProgressSQL = "SELECT max(progress_at_ms) FROM rollouts WHERE ended_at_ms IS NULL"

    /// What happened in it, oldest first.
    public func log(of rollout: Rollout) throws -> [OperationLogEntry] {
        try connection.query(Self.rolloutLogSQL, rollout.number) {
            OperationLogEntry(
                at: Timestamp(rawValue: $0.int64(0)), isWarning: $0.text(1) == "warning", message: $0.text(2))
        }
    }

    private static let rolloutLogSQL =
        "SELECT at_ms, level, message FROM rollout_log WHERE rollout = $1 ORDER BY number"

    /// Who has the services of cells: every lock of a rollout on one of `services`.
    public func rolloutLocks(on services: [String]) throws -> [CellID: RolloutID] {
        var locks: [CellID: RolloutID] = [:]
        for service in services {
            try connection.forEach(Self.locksSQL, service) { row in
                guard let cell = CellID(row.text(0)), let rollout = RolloutID(row.text(1)) else { return }
                locks[cell] = rollout
            }
        }
        return locks
    }

    private static let locksSQL = """
        SELECT l.cell, r.id FROM rollout_locks l JOIN rollouts r ON r.number = l.rollout WHERE l.service = $1
        """
}

extension WriteTransaction {
    /// Adds the rollout with its cells, and takes its locks. Its number and revision are those of its event.
    public func insert(_ run: RolloutRun) throws -> RolloutRun {
        var rollout = run.rollout
        try markUsed(rollout.release.name)
        rollout.revision = try record(
            .rollout, rollout.id.rawValue, document: rollout.document, previous: .zero, routing: false)
        rollout.number = rollout.revision.rawValue
        try connection.run(
            Self.insertRolloutSQL, rollout.number, rollout.id.rawValue, rollout.release.name.rawValue,
            rollout.life.state.rawValue, rollout.life.isGoingBack,
            JSONValue.object(rollout.spec).encodedString(.canonical),
            JSONValue.array(rollout.waves.map { .string($0) }).encodedString(), rollout.wave,
            rollout.approvedWave, rollout.forgiven, rollout.progressAt.rawValue, rollout.actor,
            rollout.reason, rollout.createdAt.rawValue, rollout.updatedAt.rawValue, rollout.revision.rawValue,
            rollout.plan)
        let kept = RolloutRun(rollout: rollout, cells: run.cells)
        for cell in kept.cells { try insert(cell, of: rollout) }
        try lock(kept)
        rolloutCache.keep(kept)
        return kept
    }

    private static let insertRolloutSQL = """
        INSERT INTO rollouts (number, id, release, state, going_back, spec, waves, wave, approved_wave, forgiven,
                              progress_at_ms, actor, reason, created_at_ms, updated_at_ms, revision, plan)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        """

    /// The rollout with all its cells, to be changed here: from memory where it is there, which has it no more until it is
    /// saved.
    public func take(_ id: RolloutID) throws -> RolloutRun? { try rolloutCache.take(id) ?? run(id) }

    /// The rollout with all its cells, to be looked at.
    public func look(at id: RolloutID) throws -> RolloutRun? {
        guard let run = try take(id) else { return nil }
        rolloutCache.keep(run)
        return run
    }

    /// Writes back what has changed of the run since `old` was read: what was decided as an event, progress without.
    public func save(_ run: RolloutRun, replacing old: Rollout) throws -> Rollout {
        var rollout = run.rollout
        if rollout != old, rollout.document != old.document {
            rollout.revision = try record(
                .rollout, rollout.id.rawValue, document: rollout.document, previous: old.revision,
                routing: false)
        }
        if rollout != old { try write(rollout) }
        for index in run.changed.sorted() { try save(run.cells[index], of: rollout) }
        for entry in run.log { try log(entry, of: rollout) }
        switch (old.life.state.isDone, rollout.life.state.isDone) {
        case (false, true): try unlock(rollout)
        case (true, false): try lock(run)
        case (false, false), (true, true): break
        }
        rolloutCache.keep(RolloutRun(rollout: rollout, cells: run.cells))
        return rollout
    }

    private func write(_ rollout: Rollout) throws {
        try connection.run(
            Self.saveRolloutSQL, rollout.number, rollout.life.state.rawValue, rollout.life.isGoingBack,
            rollout.wave, rollout.cause?.document.encodedString(.canonical), rollout.approvedWave,
            rollout.askedAt?.rawValue, rollout.forgiven, rollout.progressAt.rawValue,
            rollout.startedAt?.rawValue, rollout.updatedAt.rawValue, rollout.endedAt?.rawValue,
            rollout.revision.rawValue)
    }

    private static let saveRolloutSQL = """
        UPDATE rollouts SET state = $2, going_back = $3, wave = $4, cause = $5, approved_wave = $6, asked_at_ms = $7,
               forgiven = $8, progress_at_ms = $9, started_at_ms = $10, updated_at_ms = $11, ended_at_ms = $12,
               revision = $13
        WHERE number = $1
        """

    /// Adds a line to the rollout's log; past the limit only its end is still told.
    private func log(_ entry: OperationLogEntry, of rollout: Rollout) throws {
        let last = try connection.first(Self.lastLogLineSQL, rollout.number) { $0.int(0) } ?? 0
        guard last < Limits.rolloutLogMax || rollout.life.state.isDone else { return }
        try connection.run(
            Self.insertLogSQL, rollout.number, last + 1, entry.at.rawValue,
            entry.isWarning ? "warning" : "info", entry.message)
    }

    private static let lastLogLineSQL = "SELECT coalesce(max(number), 0) FROM rollout_log WHERE rollout = $1"
    private static let insertLogSQL = "INSERT INTO rollout_log VALUES ($1, $2, $3, $4, $5)"

    private func lock(_ run: RolloutRun) throws {
        for cell in run.cells {
            for service in run.rollout.release.services {
                try connection.run(
                    "INSERT INTO rollout_locks VALUES ($1, $2, $3)", cell.cell.rawValue, service,
                    run.rollout.number)
            }
        }
    }

    private func unlock(_ rollout: Rollout) throws {
        try connection.run("DELETE FROM rollout_locks WHERE rollout = $1", rollout.number)
    }

    /// Greater than every token before it, of any rollout.
    public func nextFencingToken() throws -> FencingToken {
        let last = try connection.first("UPDATE fencing SET last = last + 1 RETURNING last") { $0.int64(0) }
        guard let last else { throw RegistryError(.internalError, "The database has no last fencing token.") }
        return FencingToken(rawValue: last)
    }

    /// Takes out at most `limit` rollouts that ended before `time`, with all that is kept of them.
    public func deleteRollouts(endedBefore time: Timestamp, limit: Int) throws -> Int {
        try connection.run(Self.deleteRolloutsSQL, time.rawValue, limit)
    }

    private static let deleteRolloutsSQL = """
        DELETE FROM rollouts WHERE number IN (
            SELECT number FROM rollouts WHERE ended_at_ms IS NOT NULL AND ended_at_ms < $1
            ORDER BY ended_at_ms LIMIT $2)
        """
}
