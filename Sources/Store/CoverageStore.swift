import JSON
import Registry
import SQLite

/// What coverage must know of a backup or a drill.
public struct CoverageFact: Sendable {
    public var name: String
    public var covers: BackupCover
    public var phase: BackupPhase
    public var failure: BackupFailure?
    public var verification: BackupVerification?
    /// When it began, or was asked for.
    public var startedAt: Timestamp
}

extension ReadTransaction {
    /// Of each line the newest of each phase: an older one of the same says nothing more.
    public func coverageFacts() throws -> [CoverageFact] {
        // Mostly they cover the same, and cells are many.
        var known: [String: BackupCover] = [:]
        return try connection.query(Self.coverageFactsSQL, Self.factsPerPhaseMax) { row in
            guard let phase = BackupPhase(rawValue: row.text(2)) else {
                throw RegistryError(.internalError, "A kept backup has no known phase.")
            }
            let text = row.text(1)
            let covers =
                try known[text] ?? BackupCover(document: JSONValue(parsing: Array(text.utf8)))
            known[text] = covers
            return CoverageFact(
                name: row.text(0), covers: covers, phase: phase,
                failure: row.optionalText(3).flatMap(BackupFailure.init),
                verification: try row.optionalText(4).flatMap {
                    BackupVerification(kept: try JSONValue(parsing: Array($0.utf8)))
                }, startedAt: Timestamp(rawValue: row.int64(5)))
        }
    }

    private static let factsPerPhaseMax = 200
    private static let coverageFactsSQL = """
        SELECT name, covers, phase, failure, verification, at_ms FROM (
            SELECT name, spec -> '$.covers' AS covers, phase, failure, verification,
                   coalesce(started_at_ms, created_at_ms) AS at_ms,
                   row_number() OVER (
                       PARTITION BY line, phase ORDER BY coalesce(started_at_ms, created_at_ms) DESC) AS place
            FROM backups)
        WHERE place <= $1
        """

    /// When runs that are kept as missed fell due.
    public func missedRuns() throws -> [BackupScheduleName: [Timestamp]] {
        var missed: [BackupScheduleName: [Timestamp]] = [:]
        try connection.forEach("SELECT schedule, due_at_ms FROM missed_backup_runs") { row in
            guard let name = BackupScheduleName(row.text(0)) else { return }
            missed[name, default: []].append(Timestamp(rawValue: row.int64(1)))
        }
        return missed
    }

    /// Drills that have completed, newest first.
    public func completedDrills(limit: Int) throws -> [Restore] {
        try restores(RestoreFilter(phase: .completed, isDrill: true), limit: limit)
    }
}
