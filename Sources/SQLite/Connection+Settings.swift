import CSQLite

/// How every connection is set up, and why. Debian's SQLite 3.40.1 is built with other defaults.
extension Connection {
    /// The log's file is cut to this size when it is used again from its start, and to nothing by the
    /// checkpointer when it is longer and can't be.
    static let walBytesMax = 64 << 20
    private static let busyTimeoutMilliseconds: (writer: Int32, reader: Int32) = (5_000, 1_000)
    /// Between two looks at the clock: tens of microseconds.
    private static let progressInstructions: Int32 = 1_000

    /// Once in the process, before the first handle: the statistics' lock can't be switched off later.
    /// Without them SQLite's heap limits do nothing, so memory is bounded by the cache, the limits below and
    /// the number of connections.
    private static let libraryCode: Int32 = {
        let code = csqlite_memory_statistics_off()
        return code == SQLITE_OK ? sqlite3_initialize() : code
    }()

    static func startLibrary() throws(SQLiteError) {
        guard libraryCode == SQLITE_OK else {
            throw SQLiteError(code: libraryCode, message: "SQLite does not start")
        }
    }

    /// NOMUTEX, for one thread at a time uses it; EXRESCODE, for the plain codes don't tell enough apart;
    /// NOFOLLOW, so that a link can't lead the server to another file.
    static func openHandle(path: String, mode: Mode) throws(SQLiteError) -> OpaquePointer {
        let access = mode == .writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        let flags = access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened = unsafe opened else {
            let message = unsafe opened.map { unsafe String(cString: sqlite3_errmsg($0)) }
            unsafe sqlite3_close_v2(opened)
            throw SQLiteError(code: code, message: "\(message ?? "out of memory"): \(path)")
        }
        return unsafe opened
    }

    func configure() throws {
        setBusyTimeout(nil)
        for (option, on) in Self.switches { try set(option, on) }
        for (limit, value) in Self.limits(of: mode) { unsafe sqlite3_limit(handle, limit, value) }
        installCallbacks()
        try execute(Self.pragmas)
        switch mode {
        case .writer:
            // FULL and WAL is what makes an acknowledged write survive a power cut.
            try execute(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
                PRAGMA journal_size_limit = \(Self.walBytesMax)
                """)
            try requireLogged()
            // It replaces the hook by which SQLite would checkpoint automatically: so after that pragma.
            unsafe sqlite3_wal_hook(handle, countLogPages, shared)
        case .reader:
            try execute("PRAGMA query_only = ON")
            try requireLogged()
        case .inspector:
            // Not query_only, which would forbid VACUUM INTO: the handle is read-only all the same.
            break
        }
        let foreignKeys = try first("PRAGMA foreign_keys") { $0.bool(0) }
        precondition(foreignKeys == true, "this SQLite is built without foreign keys")
    }

    /// - Parameter milliseconds: how long to wait for another connection's lock; nil for the usual time.
    func setBusyTimeout(_ milliseconds: Int32?) {
        let usual =
            mode == .writer ? Self.busyTimeoutMilliseconds.writer : Self.busyTimeoutMilliseconds.reader
        unsafe sqlite3_busy_timeout(handle, milliseconds ?? usual)
    }

    /// sqlite.org/security.html, and NO_CKPT_ON_CLOSE: the last to close must not checkpoint, only the writer
    /// may (see Database+Write.swift).
    private static let switches: [(option: Int32, on: Bool)] = [
        (SQLITE_DBCONFIG_DEFENSIVE, true),
        (SQLITE_DBCONFIG_ENABLE_FKEY, true),
        (SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false),
        (SQLITE_DBCONFIG_DQS_DML, false),
        (SQLITE_DBCONFIG_DQS_DDL, false),
        (SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
        (SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true),
    ]

    private static func limits(of mode: Mode) -> [(limit: Int32, value: Int32)] {
        [
            (SQLITE_LIMIT_LENGTH, 8 << 20),
            (SQLITE_LIMIT_SQL_LENGTH, 100_000),
            // VACUUM INTO attaches its target.
            (SQLITE_LIMIT_ATTACHED, mode == .inspector ? 1 : 0),
            (SQLITE_LIMIT_TRIGGER_DEPTH, 10),
        ]
    }

    /// No mmap: with it an I/O error would be a SIGBUS. The cache is 16 MB.
    private static let pragmas = """
        PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -16384
        """

    func set(_ option: Int32, _ on: Bool) throws(SQLiteError) {
        var now: Int32 = -1
        let code = unsafe csqlite_db_config(handle, option, on ? 1 : 0, &now)
        guard code == SQLITE_OK, now == (on ? 1 : 0) else { throw failure(code, sql: nil) }
    }

    /// SQLite answers a change of the journal mode that it could not make with the old mode, not an error.
    private func requireLogged() throws {
        let mode = try first("PRAGMA journal_mode") { $0.text(0) } ?? ""
        guard mode == "wal" else { throw JournalModeRefused(mode: mode) }
    }

    private func installCallbacks() {
        unsafe sqlite3_progress_handler(handle, Self.progressInstructions, interruptPastDeadline, shared)
    }
}

/// Called by SQLite on the thread that runs the statement.
private func interruptPastDeadline(_ shared: UnsafeMutableRawPointer?) -> Int32 {
    guard let shared = unsafe shared?.assumingMemoryBound(to: Connection.Shared.self) else { return 0 }
    return unsafe shared.pointee.hasPassedDeadline() ? 1 : 0
}

/// Called by SQLite after each commit, on the thread that made it.
private func countLogPages(
    _ shared: UnsafeMutableRawPointer?, _: OpaquePointer?, _: UnsafePointer<CChar>?, _ pages: Int32
) -> Int32 {
    unsafe shared?.assumingMemoryBound(to: Connection.Shared.self).pointee.walPages = Int(pages)
    return SQLITE_OK
}
