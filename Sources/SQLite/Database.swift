/// One SQLite file in WAL mode: one writer, which alone commits and checkpoints, and read-only readers.
///
/// Its parts: writing in `Database+Write.swift`, which explains the writer's whole model, reading in
/// `Database+Read.swift`, checks and backups in `Database+Check.swift` and `Database+Backup.swift`.
public final class Database: Sendable {
    let configuration: Configuration
    let path: String
    let writes: WriteQueue
    let readers: ReaderPool

    /// Opens the file, makes it if it is missing, and prepares it as the configuration says.
    ///
    /// - Throws: `DatabaseInUse` if another process or another `Database` has it open, `JournalModeRefused`,
    ///   `FileError`, `SQLiteError`, and whatever `configuration.prepare` throws.
    public static func open(configuration: Configuration) throws -> Database {
        let connection = try Connection(path: configuration.path, mode: .writer)
        try configuration.prepare(connection)
        precondition(!connection.isInTransaction, "the preparation has left a transaction open")
        let writes = WriteQueue(lengthMax: configuration.queueLengthMax)
        let path = connection.path
        try Writer.start(connection, configuration, writes)
        return Database(configuration, path: path, writes)
    }

    private init(_ configuration: Configuration, path: String, _ writes: WriteQueue) {
        self.configuration = configuration
        self.path = path
        self.writes = writes
        readers = ReaderPool(path: path, lengthMax: configuration.readersMax)
    }

    deinit {
        precondition(writes.hasEnded, "a database must be closed before it is let go of")
    }

    /// Lets the reads and the queued writes end, brings the log into the database file, and frees its lock.
    ///
    /// What comes meanwhile is refused with `DatabaseClosed`. A second call waits for the first. Not to be
    /// called from within a read or a write.
    public func close() {
        readers.close()
        writes.close()
    }

    /// The size of the write-ahead log's file, from any thread. It grows by 4,120 bytes a page written, is
    /// used again from its start when a checkpoint has caught up, and is cut only past 64 MB and at the
    /// close.
    public var walBytes: Int { FileSystem.sizeBytes(of: path + "-wal") }
}
