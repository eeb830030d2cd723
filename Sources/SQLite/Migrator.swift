/// Brings a database to the newest schema, one migration and one transaction after the other.
///
/// The version reached is the file's `user_version`; the table `schema_migrations` keeps the text of each
/// migration, so that one that was changed afterwards is found out.
public struct Migrator: Sendable {
    private let migrations: [Migration]
    private let applicationID: Int32

    /// - Parameters:
    ///   - migrations: all there are, with versions 1, 2, 3 … in this order.
    ///   - applicationID: the number that marks the file as this program's, not zero
    ///     (sqlite.org/pragma.html#pragma_application_id).
    public init(_ migrations: [Migration], applicationID: Int32) {
        precondition(
            migrations.map(\.version) == Array(1..<migrations.count + 1),
            "migrations must have versions 1, 2, 3 … without a gap")
        precondition(applicationID != 0, "zero is the id of a file that has none")
        self.migrations = migrations
        self.applicationID = applicationID
    }

    /// How far a database is.
    public struct Status: Sendable, Equatable {
        /// Zero for an empty file.
        public let version: Int
        public let pending: [Migration]
    }

    /// - Throws: `MigrationError` if the file is not one that `apply` would take; `SQLiteError`.
    public func status(of connection: Connection) throws -> Status {
        let id = try connection.first("PRAGMA application_id") { $0.int(0) } ?? 0
        let version = try connection.first("PRAGMA user_version") { $0.int(0) } ?? 0
        let isEmpty = try connection.first("SELECT 1 FROM sqlite_schema LIMIT 1") { _ in true } == nil
        if isEmpty, id == 0, version == 0 { return Status(version: 0, pending: migrations) }
        guard id == Int(applicationID) else { throw MigrationError.foreignFile(applicationID: id) }
        guard version >= 1 else { throw MigrationError.recordsDisagree(version: version) }
        guard version <= migrations.count else {
            throw MigrationError.newerSchema(version: version, known: migrations.count)
        }
        try requireUnchanged(upTo: version, on: connection)
        return Status(version: version, pending: Array(migrations[version...]))
    }

    /// Applies what is pending, outside any transaction; a failure leaves the schema at the last version
    /// reached.
    ///
    /// Foreign keys are off meanwhile, so that a table can be rebuilt as sqlite.org/lang_altertable.html
    /// says, and are checked before each commit.
    ///
    /// - Parameter nowMilliseconds: the time that is recorded, since 1970 in UTC.
    /// - Returns: the versions applied.
    /// - Throws: `MigrationError`, `SQLiteError`.
    @discardableResult
    public func apply(on connection: Connection, nowMilliseconds: Int64) throws -> [Int] {
        let pending = try status(of: connection).pending
        guard !pending.isEmpty else { return [] }
        try connection.withForeignKeysOff {
            for migration in pending {
                try connection.transaction { try apply(migration, on: connection, nowMilliseconds) }
            }
        }
        return pending.map(\.version)
    }

    private func apply(_ migration: Migration, on connection: Connection, _ nowMilliseconds: Int64) throws {
        if migration.version == 1 {
            try connection.execute("PRAGMA application_id = \(applicationID); \(Self.recordsTable)")
        }
        try connection.execute(migration.sql)
        let problems = try connection.foreignKeyCheck()
        guard problems.isEmpty else {
            throw MigrationError.brokenReferences(
                version: migration.version, name: migration.name, problems: problems)
        }
        try connection.run(
            "INSERT INTO schema_migrations (version, name, sql, applied_at_ms) VALUES ($1, $2, $3, $4)",
            migration.version, migration.name, migration.sql, nowMilliseconds)
        // A pragma takes no parameters; in a transaction it is undone with it.
        try connection.run("PRAGMA user_version = \(migration.version)")
    }

    private func requireUnchanged(upTo version: Int, on connection: Connection) throws {
        let applied = try connection.query(
            "SELECT version, name, sql FROM schema_migrations ORDER BY version"
        ) { Migration(version: $0.int(0), name: $0.text(1), sql: $0.text(2)) }
        guard applied.map(\.version) == Array(1...version) else {
            throw MigrationError.recordsDisagree(version: version)
        }
        for (before, now) in zip(applied, migrations) where before.sql != now.sql {
            throw MigrationError.changed(version: before.version, name: before.name)
        }
    }

    private static let recordsTable = """
        CREATE TABLE schema_migrations (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            sql TEXT NOT NULL,
            applied_at_ms INTEGER NOT NULL
        ) STRICT
        """
}
