import CSQLite

/// Brings what is in the write-ahead log into the database file, at the times that suit the writer.
///
/// PASSIVE takes what no reader's snapshot needs and waits for nobody; once it has caught up, the next commit
/// begins the log at its start again. Readers that overlap without end can prevent that, so past 64 MB TRUNCATE
/// waits for them, for a moment. All of it runs on the writer's own connection (see Database+Write.swift).
struct Checkpointer {
    /// The best of the intervals measured: checkpoints in the background let the log grow past 400 MB.
    private static let intervalPages = 4_000
    private static let pagesMax = Connection.walBytesMax / 4_120
    /// Writes wait as long, at most once in every 4,000 pages, and the backup of a big database holds its
    /// snapshot for longer than would ever be worth waiting for.
    private static let truncateTimeoutMilliseconds: Int32 = 100

    let observer: (any DatabaseObserver)?
    /// True while there are pages that are not in the database file yet.
    private(set) var isBehind = false
    /// Pages in the log when last looked at, and after the last checkpoint.
    private var pages = 0
    private var pagesCheckpointed = 0

    init(observer: (any DatabaseObserver)?) {
        self.observer = observer
    }

    /// To be called after each group.
    mutating func committed(on connection: Connection) throws(SQLiteError) {
        let found = connection.walPages
        if found != pages { isBehind = true }
        // The log has begun anew.
        if found < pagesCheckpointed { pagesCheckpointed = 0 }
        pages = found
        guard pages - pagesCheckpointed >= Self.intervalPages else { return }
        if pages > Self.pagesMax {
            connection.setBusyTimeout(Self.truncateTimeoutMilliseconds)
            defer { connection.setBusyTimeout(nil) }
            try checkpoint(SQLITE_CHECKPOINT_TRUNCATE, on: connection)
        } else {
            try checkpoint(SQLITE_CHECKPOINT_PASSIVE, on: connection)
        }
    }

    mutating func idle(on connection: Connection) throws(SQLiteError) {
        try checkpoint(SQLITE_CHECKPOINT_PASSIVE, on: connection)
    }

    mutating func makeRoom(on connection: Connection) throws(SQLiteError) {
        try checkpoint(SQLITE_CHECKPOINT_PASSIVE, on: connection)
    }

    mutating func close(on connection: Connection) throws(SQLiteError) {
        try checkpoint(SQLITE_CHECKPOINT_TRUNCATE, on: connection)
    }

    /// - Throws: a fatal error only; a reader in the way or a full disk leave the rest for the next time.
    private mutating func checkpoint(_ mode: Int32, on connection: Connection) throws(SQLiteError) {
        let start = MonotonicTime.now
        let progress = try connection.checkpoint(mode)
        observer?.checkpointed(walPages: pages, duration: .now - start)
        if progress.pages == 0 { pages = 0 }
        pagesCheckpointed = pages
        isBehind = progress.pagesDone < progress.pages
    }
}
