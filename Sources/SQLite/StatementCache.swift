/// A connection's prepared statements by their text, the least recently used dropped first.
struct StatementCache {
    /// Above the number of distinct statements the server has, so that only generated ones are ever dropped.
    private static let lengthMax = 256

    private var statements: [Key: Statement] = [:]
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
        if let found = statements[Key(sql: sql)] {
            // Running already, further up the stack: this run gets a statement of its own.
            guard !found.isInUse else { return begin(try prepare()) }
            latest = found
            return begin(found)
        }
        let new = try prepare()
        if statements.count >= Self.lengthMax { dropOldest() }
        statements[Key(sql: sql)] = new
        latest = new
        return begin(new)
    }

    /// A statement's text, told from the others by its length and its last bytes, which tell nearly all apart: to hash
    /// the whole of it takes longer than to run many a statement.
    private struct Key: Hashable {
        var sql: String

        func hash(into hasher: inout Hasher) {
            hasher.combine(sql.utf8.count)
            hasher.combine(sql.utf8.suffix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
        }
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
        if let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) { statements[Key(sql: oldest.sql)] = nil }
    }
}
