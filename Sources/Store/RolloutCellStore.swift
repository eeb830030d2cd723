import JSON
import Registry
import SQLite

enum RolloutCellStore {
    static let columns = """
        c.place, c.cell, c.zone, c.wave, c.state, c.touched, c.attempt, c.before, c.worker, c.token, c.lease_ms,
        c.lease_ends_at_ms, c.started_at_ms, c.reported_at_ms, c.changed_at_ms, c.healthy_since_ms, c.ended_at_ms,
        c.message, c.tallies
        """

    static func record(_ row: borrowing Row) throws -> RolloutCell {
        guard let id = CellID(row.text(1)), let state = RolloutCellState(rawValue: row.text(4)) else {
            throw RegistryError(.internalError, "A kept cell of a rollout has no known name or state.")
        }
        var cell = RolloutCell(cell: id, zone: row.text(2), wave: row.int(3), place: row.int(0))
        cell.life = RolloutCellLife(state, isTouched: row.bool(5))
        cell.attempt = row.int(6)
        cell.before = try row.optionalText(7).flatMap { text in
            CellVersions(document: try JSONValue(parsing: Array(text.utf8)))
        }
        if let worker = row.optionalText(8) {
            cell.claim = Claim(
                worker: worker, token: FencingToken(rawValue: row.int64(9)),
                lease: .milliseconds(row.int64(10)), leaseEndsAt: Timestamp(rawValue: row.int64(11)))
        }
        cell.startedAt = row.optionalInt64(12).map(Timestamp.init(rawValue:))
        cell.reportedAt = row.optionalInt64(13).map(Timestamp.init(rawValue:))
        cell.changedAt = row.optionalInt64(14).map(Timestamp.init(rawValue:))
        cell.healthySince = row.optionalInt64(15).map(Timestamp.init(rawValue:))
        cell.endedAt = row.optionalInt64(16).map(Timestamp.init(rawValue:))
        cell.message = row.text(17)
        let tallies = row.text(18)
        if tallies != none {
            cell.tallies =
                try JSONValue(parsing: Array(tallies.utf8)).array?.compactMap(GateTally.init(kept:)) ?? []
        }
        return cell
    }

    static func tallies(_ cell: RolloutCell) -> String {
        cell.tallies.isEmpty ? none : JSONValue.array(cell.tallies.map(\.kept)).encodedString(.canonical)
    }

    private static let none = "[]"
}

extension ReadTransaction {
    /// The rollout with all its cells, in their order.
    public func run(_ id: RolloutID) throws -> RolloutRun? {
        guard let rollout = try rollout(id) else { return nil }
        let cells = try connection.query(Self.rolloutCellsSQL, rollout.number, row: RolloutCellStore.record)
        return RolloutRun(rollout: rollout, cells: cells)
    }

    private static let rolloutCellsSQL = """
        SELECT \(RolloutCellStore.columns) FROM rollout_cells c WHERE c.rollout = $1 ORDER BY c.place
        """

    /// A page of its cells, those behind `place` in their order.
    public func cells(
        of rollout: Rollout, _ filter: RolloutCellFilter, after place: Int, limit: Int
    ) throws -> [RolloutCell] {
        try connection.query(
            Self.rolloutCellsPageSQL, rollout.number, place, filter.state?.rawValue, filter.wave, limit,
            row: RolloutCellStore.record)
    }

    private static let rolloutCellsPageSQL = """
        SELECT \(RolloutCellStore.columns) FROM rollout_cells c
        WHERE c.rollout = $1 AND c.place > $2 AND ($3 IS NULL OR c.state = $3) AND ($4 IS NULL OR c.wave = $4)
        ORDER BY c.place LIMIT $5
        """

    /// How many of its cells are in which state.
    public func cellCounts(of rollout: Rollout) throws -> [RolloutCellState: Int] {
        var counts: [RolloutCellState: Int] = [:]
        try connection.forEach(Self.countsSQL, rollout.number) { row in
            if let state = RolloutCellState(rawValue: row.text(0)) { counts[state] = row.int(1) }
        }
        return counts
    }

    private static let countsSQL =
        "SELECT state, count(*) FROM rollout_cells WHERE rollout = $1 GROUP BY state"

    /// Cells that workers of other rollouts, ended ones too, may still be changing.
    public func leases(besides rollout: Int64, at now: Timestamp) throws -> [CellID: Blocker] {
        var leases: [CellID: Blocker] = [:]
        try connection.forEach(Self.leasesSQL, rollout, now.rawValue) { row in
            guard let cell = CellID(row.text(0)) else { return }
            let ends = Timestamp(rawValue: row.int64(3))
            let claim = Claim(
                worker: row.text(2), token: FencingToken(rawValue: 1), lease: .milliseconds(row.int64(4)),
                leaseEndsAt: ends)
            guard claim.isLive(at: now) else { return }
            leases[cell] = Blocker(
                kind: "rollout", id: row.text(1),
                message: "'\(claim.worker)' may be changing '\(cell)' for it until \(ends)")
        }
        return leases
    }

    /// Rollouts that have ended, while a claim of this worker's is still leased.
    public func endedRollouts(leasedBy worker: String, at now: Timestamp) throws -> [RolloutID] {
        try connection.query(Self.endedSQL, now.rawValue, worker) { RolloutID($0.text(0)) }
            .compactMap(\.self)
    }

    private static let endedSQL = """
        SELECT DISTINCT r.id FROM rollout_cells c JOIN rollouts r ON r.number = c.rollout
        WHERE c.lease_ends_at_ms > $1 AND c.worker = $2 AND r.ended_at_ms IS NOT NULL
        """

    private static let leasesSQL = """
        SELECT c.cell, r.id, c.worker, c.lease_ends_at_ms, c.lease_ms
        FROM rollout_cells c JOIN rollouts r ON r.number = c.rollout
        WHERE c.lease_ends_at_ms > $2 AND c.rollout <> $1
        """
}

extension WriteTransaction {
    func insert(_ cell: RolloutCell, of rollout: Rollout) throws {
        try connection.run(
            Self.insertRolloutCellSQL, rollout.number, cell.place, cell.cell.rawValue, cell.zone, cell.wave,
            cell.state.rawValue, cell.life.isTouched, cell.attempt, cell.message,
            RolloutCellStore.tallies(cell))
    }

    private static let insertRolloutCellSQL = """
        INSERT INTO rollout_cells (rollout, place, cell, zone, wave, state, touched, attempt, message, tallies)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """

    func save(_ cell: RolloutCell, of rollout: Rollout) throws {
        try connection.run(
            Self.saveRolloutCellSQL, rollout.number, cell.place, cell.state.rawValue, cell.life.isTouched,
            cell.attempt, cell.before?.document.encodedString(.canonical), cell.claim?.worker,
            cell.claim?.token.rawValue, cell.claim?.lease.milliseconds, cell.claim?.leaseEndsAt.rawValue,
            cell.startedAt?.rawValue, cell.reportedAt?.rawValue, cell.changedAt?.rawValue,
            cell.healthySince?.rawValue, cell.endedAt?.rawValue, cell.message, RolloutCellStore.tallies(cell))
    }

    private static let saveRolloutCellSQL = """
        UPDATE rollout_cells SET state = $3, touched = $4, attempt = $5, before = $6, worker = $7, token = $8,
               lease_ms = $9, lease_ends_at_ms = $10, started_at_ms = $11, reported_at_ms = $12, changed_at_ms = $13,
               healthy_since_ms = $14, ended_at_ms = $15, message = $16, tallies = $17
        WHERE rollout = $1 AND place = $2
        """
}
