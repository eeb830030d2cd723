import CSQLite

/// What SQLite answered instead of doing what it was asked.
///
/// Match it by its predicates: `catch let error as SQLiteError where error.isConstraint(.unique)`.
/// The message names tables and columns, never values, but is meant for logs and not for users.
public struct SQLiteError: Error, Sendable, Equatable {
    /// The extended result code, as listed at sqlite.org/rescode.html.
    public let code: Int32
    public let message: String
    /// The statement that failed, with its parameters as written; nil where no statement was at fault.
    public let sql: String?

    public init(code: Int32, message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    /// The kinds of rule that a statement can break.
    public enum Constraint: Sendable {
        /// A primary key or another unique index has the value already.
        case unique
        case foreignKey
        case check
        case notNull
        /// A trigger said `RAISE(ABORT, …)`; the error's message is the one it raised.
        case trigger
        /// A value of the wrong type for a column of a STRICT table.
        case datatype
    }

    public func isConstraint(_ constraint: Constraint) -> Bool {
        switch (constraint, code) {
        case (.unique, CSQLITE_CONSTRAINT_UNIQUE), (.unique, CSQLITE_CONSTRAINT_PRIMARYKEY),
            (.unique, CSQLITE_CONSTRAINT_ROWID), (.foreignKey, CSQLITE_CONSTRAINT_FOREIGNKEY),
            (.check, CSQLITE_CONSTRAINT_CHECK), (.notNull, CSQLITE_CONSTRAINT_NOTNULL),
            (.trigger, CSQLITE_CONSTRAINT_TRIGGER), (.datatype, CSQLITE_CONSTRAINT_DATATYPE):
            true
        default: false
        }
    }

    /// True if the disk, or the database's own page limit, left no room: nothing was written, reads go on.
    public var isDiskFull: Bool { primaryCode == SQLITE_FULL }

    /// True if the file or the disk under it can no longer be trusted: the process must stop.
    public var isFatal: Bool {
        primaryCode == SQLITE_IOERR || primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB
    }

    public var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }

    /// True if another connection holds the lock; only a stranger to this process's `Database` can.
    public var isBusy: Bool { primaryCode == SQLITE_BUSY }

    /// The low byte of an extended code is the plain one.
    private var primaryCode: Int32 { code & 0xff }
}

extension SQLiteError: CustomStringConvertible {
    public var description: String {
        sql.map { "SQLite error \(code): \(message), in: \($0)" } ?? "SQLite error \(code): \(message)"
    }
}
