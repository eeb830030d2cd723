import CSQLite

/// Brings what is in the write-ahead log into the database file, at the times that suit the writer.
///
/// PASSIVE takes what no reader's snapshot needs and waits for nobody; once it has caught up, the next commit
/// begins the log at its start again. Readers that overlap without end can prevent that, so past 64 MB
/// TRUNCATE waits for them, for a moment. All of it runs on the writer's own connection (see
/// Database+Write.swift).
struct Checkpointer {
    /// The best of the intervals measured: checkpoints in the background let the log grow past 400 MB.
    private static let intervalPages = 4_000
    private static let pagesMax = Connection.walBytesMax / 4_120
    /// Writes wait as long, at most once in every 4,000 pages, and the backup of a big database holds its
    /// snapshot for longer than would ever be worth waiting for.
    private static let truncateTimeoutMilliseconds: Int32 = 100

    /// Between two attempts on a full disk, each of which writes pages until it finds no room.
    private static let attemptInterval = Duration.milliseconds(500)

    let observer: (any DatabaseObserver)?
    /// True while there are, or may be, pages that are not in the database file yet: a crash may have left
    /// some.
    private(set) var isBehind = true
    /// Pages in the log when last looked at, and after the last checkpoint.
    private var pages = 0
    private var pagesCheckpointed = 0

    /// The error of a checkpoint that found the disk full, until one succeeds.
    private var lack: SQLiteError?
    private var nextAttempt = MonotonicTime.now

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

    /// To be called after a group that was lost to a full disk: once the log has been checkpointed, it can be
    /// used again from its start, in the room that it has.
    mutating func makeRoom(on connection: Connection) throws(SQLiteError) {
        try checkpoint(SQLITE_CHECKPOINT_PASSIVE, on: connection)
    }

    mutating func close(on connection: Connection) throws(SQLiteError) {
        try checkpoint(SQLITE_CHECKPOINT_TRUNCATE, on: connection)
    }

    /// Tells whether writes have to wait until the disk has room.
    ///
    /// A log that can't be checkpointed would otherwise grow into the last of the disk, and then more room
    /// would be needed to get out again than an operator holds in reserve. As it is, as much as 4,000 pages
    /// (16 MB) are always enough.
    /// - Returns: the error to answer a write with.
    mutating func lackOfRoom(on connection: Connection) throws(SQLiteError) -> SQLiteError? {
        if lack != nil, .now >= nextAttempt { try makeRoom(on: connection) }
        return lack
    }

    /// - Throws: a fatal error only.
    private mutating func checkpoint(_ mode: Int32, on connection: Connection) throws(SQLiteError) {
        let start = MonotonicTime.now
        do throws(SQLiteError) {
            let progress = try connection.checkpoint(mode)
            observer?.checkpointed(walPages: pages, duration: .now - start)
            if progress.pages == 0 { pages = 0 }
            isBehind = progress.pagesDone < progress.pages
            lack = nil
        } catch {
            if error.isFatal { throw error }
            isBehind = true
            lack = error.isDiskFull ? error : nil
            nextAttempt = .now + Self.attemptInterval
        }
        pagesCheckpointed = pages
    }
}
