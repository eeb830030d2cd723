import Registry
import SQLite

/// The registry's file, as one that is not open sees it: for backups, and to put a restored one in its place.
public enum StoreFile {
    /// Copies the database to a new file, while another process may have it open and go on writing to it.
    ///
    /// - Throws: with a description that says what stood in the way; nothing is left at the path then.
    public static func backup(_ path: String, to copy: String) throws {
        try Database.backup(ofFileAt: path, to: copy)
    }

    /// What a copy says of itself, once its pages, indexes and foreign keys are found whole.
    ///
    /// - Throws: `RegistryError` where they are not; `MigrationError` where it is no registry, or a newer one than this build knows.
    public static func facts(ofCopyAt path: String) throws -> StoreFacts {
        let problems = try Database.problems(inCopyAt: path)
        guard problems.isEmpty else {
            throw RegistryError(
                .internalError, "The copy is damaged: \(problems.prefix(10).joined(separator: "; ")).")
        }
        let connection = try Connection(path: path, mode: .inspector)
        let version = try Schema.migrator.status(of: connection).version
        guard version > 0 else { throw RegistryError(.internalError, "The database is empty.") }
        let transaction = ReadTransaction(connection)
        let lastChange = try connection.first("SELECT max(at_ms) FROM audit_events") { $0.optionalInt64(0) }
        func count(_ table: String) throws -> Int {
            try connection.first("SELECT count(*) FROM \(table)") { $0.int(0) } ?? 0
        }
        return StoreFacts(
            schemaVersion: version,
            revision: RevisionTag(try transaction.incarnation(), try transaction.revision()),
            lastChangeAt: (lastChange ?? nil).map(Timestamp.init(rawValue:)),
            cells: try count("cells"), tenants: try count("tenants"))
    }

    /// Keeps every server away from the file for as long as the lock lives.
    ///
    /// - Throws: where one has it open.
    public static func lock(_ path: String) throws -> StoreLock { StoreLock(try DatabaseLock(path: path)) }
}

/// What a registry's file holds.
public struct StoreFacts: Sendable, Equatable {
    public var schemaVersion: Int
    public var revision: RevisionTag
    /// Nil: nothing was ever changed.
    public var lastChangeAt: Timestamp?
    public var cells: Int
    public var tenants: Int

    public init(
        schemaVersion: Int, revision: RevisionTag, lastChangeAt: Timestamp?, cells: Int, tenants: Int
    ) {
        self.schemaVersion = schemaVersion
        self.revision = revision
        self.lastChangeAt = lastChangeAt
        self.cells = cells
        self.tenants = tenants
    }
}

/// The right to put another file in the place of the registry's.
public final class StoreLock: Sendable {
    private let lock: DatabaseLock
    init(_ lock: DatabaseLock) { self.lock = lock }
}
