/// A connection's prepared statements by their text, the least recently used dropped first.
struct StatementCache {
    /// Above the number of distinct statements the server has, so that only generated ones are ever dropped.
    private static let lengthMax = 256

    private var statements: [String: Statement] = [:]
    private var clock: UInt64 = 0
    /// The one taken last: a bulk load takes the same again and again, and a string equals itself at once,
    /// while its hash takes time.
    private var latest: Statement?

    /// A statement for this text that is not running, prepared now unless it was before.
    mutating func take(_ sql: String, prepare: () throws(SQLiteError) -> Statement) throws(SQLiteError)
        -> Statement
    {
        clock += 1
        if let latest, !latest.isInUse, latest.sql == sql { return begin(latest) }
        if let found = statements[sql] {
            // Running already, further up the stack: this run gets a statement of its own.
            guard !found.isInUse else { return begin(try prepare()) }
            latest = found
            return begin(found)
        }
        let new = try prepare()
        if statements.count >= Self.lengthMax { dropOldest() }
        statements[sql] = new
        latest = new
        return begin(new)
    }

    mutating func removeAll() {
        statements = [:]
        latest = nil
    }

    private func begin(_ statement: Statement) -> Statement {
        statement.isInUse = true
        statement.lastUse = clock
        return statement
    }

    private mutating func dropOldest() {
        let idle = statements.values.lazy.filter { !$0.isInUse }
        if let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) { statements[oldest.sql] = nil }
    }
}
