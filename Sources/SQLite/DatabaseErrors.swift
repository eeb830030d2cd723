/// Another process, or another `Database` of this one, has the file open for writing.
public struct DatabaseInUse: Error, Sendable, CustomStringConvertible {
    public let lockPath: String

    public var description: String {
        "the database is in use: \(lockPath) is locked by another control plane or by this one"
    }
}

/// The queue of writes is full, or no reader came free in time: the caller should try again later.
public struct DatabaseOverloaded: Error, Sendable, CustomStringConvertible {
    public enum Cause: Sendable { case writesQueued, readersBusy }
    public let cause: Cause

    public var description: String {
        switch cause {
        case .writesQueued: "too many writes are queued"
        case .readersBusy: "no reader came free in time"
        }
    }
}

/// The database was closed, or has stopped after a fatal error: this call did nothing.
public struct DatabaseClosed: Error, Sendable, CustomStringConvertible {
    /// The fatal error that stopped it; nil after an orderly close.
    public let cause: SQLiteError?

    public var description: String {
        cause.map { "the database has stopped: \($0)" } ?? "the database is closed"
    }
}

/// The commit failed in a way that may yet turn out to have been written: nobody can say before a restart.
///
/// It is neither success nor failure. A commit whose fsync failed has been seen to come back after a crash.
public struct OutcomeUnknown: Error, Sendable, CustomStringConvertible {
    public let cause: SQLiteError

    public var description: String { "the outcome of the write is unknown: \(cause)" }
}

/// A read held its snapshot for longer than it may, which would keep the log from being checkpointed.
public struct ReadTimeLimitExceeded: Error, Sendable, CustomStringConvertible {
    public let limit: Duration

    public var description: String { "the read took longer than its limit of \(limit)" }
}

/// SQLite kept another journal mode than WAL, which it does without an error, for instance on a file system
/// without shared memory.
public struct JournalModeRefused: Error, Sendable, CustomStringConvertible {
    /// What SQLite answered, such as `delete`.
    public let mode: String

    public var description: String { "the journal mode is \(mode), not wal" }
}

/// A system call about one of the database's files failed.
public struct FileError: Error, Sendable, CustomStringConvertible {
    public let operation: String
    public let path: String
    /// `errno` as the call left it.
    public let errno: Int32

    public var description: String { "\(operation) failed for \(path): error \(errno)" }
}

/// The copy that a backup made does not stand up to its check; it has been removed.
public struct BackupDamaged: Error, Sendable, CustomStringConvertible {
    public let problems: [String]

    public var description: String { "the copy is damaged: \(problems.joined(separator: "; "))" }
}
