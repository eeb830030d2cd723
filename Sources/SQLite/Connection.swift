import CSQLite

/// One handle on a database, used by one thread at a time.
///
/// Statements are prepared once and kept. Their parameters are written `?` or `$1`, `$2` … and always bound;
/// value n goes to `$n`, wherever and however often it stands. A wrong number of values traps.
@safe public final class Connection {
    /// What a connection is for.
    public enum Mode: Sendable {
        /// Reads and writes, makes the file if it is missing, and holds the lock that keeps other writers
        /// out.
        case writer
        /// Reads a database that a writer of this process has open.
        case reader
        /// Reads any database file, in any journal mode, for a check or as the source of a backup.
        case inspector
    }

    public let mode: Mode
    /// With links in its folders followed.
    let path: String
    let handle: OpaquePointer
    /// What SQLite's callbacks write to and read from; it has to stay where it is.
    let shared: UnsafeMutablePointer<Shared>
    /// What the writer is doing with this connection.
    var phase = Phase.free
    /// Rows that statements have given so far: what a step costs, whatever the machine.
    public private(set) var rowsRead = 0
    private let lock: FileLock?
    private var cache = StatementCache()

    /// The link between a connection and the C callbacks installed on it.
    struct Shared {
        /// When running statements are to be interrupted; `Int64.max` for never.
        var deadlineNanoseconds = Int64.max
        /// True once the deadline has stopped a statement, until a new one is set.
        var isCutOff = false
        /// Pages in the write-ahead log after this connection's last commit.
        var walPages = 0
    }

    enum Phase {
        case free
        /// In a group's transaction, where an error that endangers the group must not be overlooked.
        case group
        /// The group is lost by this error: a body that goes on regardless gets nowhere.
        case lost(SQLiteError)
        /// Between a commit and its answers, where a write would be outside any transaction.
        case reading
    }

    /// Opens the file with all the settings that `Connection+Settings.swift` lists and explains.
    ///
    /// - Throws: `SQLiteError`; for a writer also `DatabaseInUse`, `FileError` and `JournalModeRefused`.
    public init(path: String, mode: Mode) throws {
        self.mode = mode
        try Self.startLibrary()
        let path = try FileSystem.resolvingFolder(of: path)
        if mode == .writer {
            lock = try FileLock(path: path + ".lock")
            // It holds hashes of tokens. One that is there is not touched: closing a file that SQLite has
            // open in this process would drop its locks. The log takes over the permissions.
            try FileSystem.makePrivateFile(path)
        } else {
            lock = nil
        }
        self.path = path
        unsafe handle = try Self.openHandle(path: path, mode: mode)
        unsafe shared = .allocate(capacity: 1)
        unsafe shared.initialize(to: Shared())
        try configure()
    }

    deinit {
        // Statements first: a handle with live ones stays open, and with it the lock on the file.
        cache.removeAll()
        unsafe sqlite3_close_v2(handle)
        unsafe shared.deallocate()
    }

    /// The row id that the last successful insert made; of no meaning for a table WITHOUT ROWID.
    public var lastInsertRowID: Int64 { unsafe sqlite3_last_insert_rowid(handle) }

    /// How many rows the last finished INSERT, UPDATE or DELETE touched by itself, triggers not counted.
    public var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Runs a script of any number of statements, none of which has parameters.
    public func execute(_ sql: String) throws(SQLiteError) {
        try requireUsable(sql)
        if case .reading = phase { preconditionFailure("a script after the commit: \(sql)") }
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code, sql: sql) }
    }

    /// Runs one statement to its end; rows that it yields are passed over.
    /// - Returns: how many rows it inserted, updated or deleted, triggers not counted.
    @discardableResult
    public func run(_ sql: String, _ values: (any SQLiteBindable)?...) throws(SQLiteError) -> Int {
        let before = unsafe sqlite3_total_changes64(handle)
        let statement = try begin(sql, values)
        defer { end(statement) }
        while try step(statement) {}
        // A statement that is none of the three leaves the count of the one before it.
        return unsafe sqlite3_total_changes64(handle) == before ? 0 : changes
    }

    /// All rows, each turned into a value.
    public func query<T>(
        _ sql: String, _ values: (any SQLiteBindable)?..., row: (borrowing Row) throws -> T
    ) throws -> [T] {
        let statement = try begin(sql, values)
        defer { end(statement) }
        var found: [T] = []
        while try step(statement) { found.append(try row(Row(of: statement))) }
        return found
    }

    /// The first row turned into a value, or nil if there is none.
    public func first<T>(
        _ sql: String, _ values: (any SQLiteBindable)?..., row: (borrowing Row) throws -> T
    ) throws -> T? {
        let statement = try begin(sql, values)
        defer { end(statement) }
        guard try step(statement) else { return nil }
        let found = try row(Row(of: statement))
        // A change has to run to its end, where the constraints that wait for it are checked.
        while !statement.isReadOnly, try step(statement) {}
        return found
    }

    /// Shows each row to the closure, one after the other, with none of them kept.
    public func forEach(
        _ sql: String, _ values: (any SQLiteBindable)?..., row: (borrowing Row) throws -> Void
    ) throws {
        let statement = try begin(sql, values)
        defer { end(statement) }
        while try step(statement) { try row(Row(of: statement)) }
    }

    private func begin(_ sql: String, _ values: [(any SQLiteBindable)?]) throws(SQLiteError) -> Statement {
        try requireUsable(sql)
        let statement = try cache.take(sql) { () throws(SQLiteError) in try prepare(sql) }
        if case .reading = phase { precondition(statement.isReadOnly, "a write after the commit: \(sql)") }
        let code = statement.bind(values)
        guard code == SQLITE_OK else {
            end(statement)
            throw failure(code, sql: sql)
        }
        return statement
    }

    /// - Returns: true if there is a row.
    private func step(_ statement: Statement) throws(SQLiteError) -> Bool {
        switch statement.step() {
        case SQLITE_ROW:
            rowsRead &+= 1
            return true
        case SQLITE_DONE: return false
        case let code: throw failure(code, sql: statement.sql)
        }
    }

    private func end(_ statement: Statement) {
        statement.reset()
        statement.isInUse = false
    }

    private func prepare(_ sql: String) throws(SQLiteError) -> Statement {
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil)
        guard code == SQLITE_OK else { throw failure(code, sql: sql) }
        guard let prepared = unsafe prepared else { preconditionFailure("no statement in: \(sql)") }
        return unsafe Statement(prepared, sql: sql)
    }
}
