import JSON
import Registry
import SQLite

extension ReadTransaction {
    public func release(_ name: ReleaseName) throws -> ReleaseRecord? {
        try connection.first(Self.releaseSQL, name.rawValue, row: Self.releaseRecord)
    }

    private static let releaseColumns = "name, document, used, revision, created_at_ms, updated_at_ms"
    private static let releaseSQL = "SELECT \(releaseColumns) FROM releases WHERE name = $1"

    /// By name, those behind `page.after`.
    public func releases(page: Page) throws -> [ReleaseRecord] {
        try connection.query(Self.releasesSQL, page.after ?? "", page.limit, row: Self.releaseRecord)
    }

    private static let releasesSQL = """
        SELECT \(releaseColumns) FROM releases WHERE name > $1 ORDER BY name LIMIT $2
        """

    public func releaseCount() throws -> Int {
        try connection.first("SELECT count(*) FROM releases") { $0.int(0) } ?? 0
    }

    private static func releaseRecord(_ row: borrowing Row) throws -> ReleaseRecord {
        guard let name = ReleaseName(row.text(0)) else {
            throw RegistryError(.internalError, "A kept release has no proper name.")
        }
        return ReleaseRecord(
            release: try Release(document: JSONValue(parsing: Array(row.text(1).utf8)), name: name),
            isUsed: row.bool(2), revision: Revision(rawValue: row.int64(3)),
            createdAt: Timestamp(rawValue: row.int64(4)), updatedAt: Timestamp(rawValue: row.int64(5)))
    }
}

extension WriteTransaction {
    /// Adds the release, or replaces it where `old` is what stands there; returns it as it is now.
    public func save(_ release: Release, replacing old: ReleaseRecord?) throws -> ReleaseRecord {
        let previous = try old?.revision ?? lastRevision(of: .release, release.name.rawValue)
        let revision = try record(
            .release, release.name.rawValue, document: release.document, previous: previous, routing: false)
        try connection.run(
            Self.saveReleaseSQL, release.name.rawValue, release.document.encodedString(.canonical),
            revision.rawValue, now.rawValue)
        return ReleaseRecord(
            release: release, isUsed: old?.isUsed ?? false, revision: revision,
            createdAt: old?.createdAt ?? now, updatedAt: now)
    }

    private static let saveReleaseSQL = """
        INSERT INTO releases (name, document, used, revision, created_at_ms, updated_at_ms)
        VALUES ($1, $2, 0, $3, $4, $4)
        ON CONFLICT (name) DO UPDATE SET
            document = excluded.document, revision = excluded.revision, updated_at_ms = excluded.updated_at_ms
        """

    /// A rollout has been made of it. No event: the rollout's own says so.
    func markUsed(_ name: ReleaseName) throws {
        try connection.run("UPDATE releases SET used = 1 WHERE name = $1 AND used = 0", name.rawValue)
    }

    public func delete(_ old: ReleaseRecord) throws {
        _ = try record(
            .release, old.release.name.rawValue, document: nil, previous: old.revision, routing: false)
        try connection.run("DELETE FROM releases WHERE name = $1", old.release.name.rawValue)
    }
}
