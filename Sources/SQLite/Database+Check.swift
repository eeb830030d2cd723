extension Database {
    /// Looks for damage in the pages and the rows, but not whether each index agrees with its table.
    /// - Returns: what is wrong, at most 100 findings; empty if all is well. Reads the whole file: take a
    ///   thread of your own for it.
    public func quickCheck() throws -> [String] {
        try readers.withInspector { try $0.quickCheck() }
    }

    /// As `quickCheck`, and whether each index agrees with its table; takes many times as long.
    public func integrityCheck() throws -> [String] {
        try readers.withInspector { try $0.integrityCheck() }
    }

    /// Looks for rows that refer to one that is not there.
    /// - Returns: one line for each, by table, row id and the table referred to.
    public func foreignKeyCheck() throws -> [String] {
        try readers.withInspector { try $0.foreignKeyCheck() }
    }
}

extension Connection {
    public func quickCheck() throws -> [String] {
        try query("PRAGMA quick_check") { $0.text(0) }.filter { $0 != "ok" }
    }

    public func integrityCheck() throws -> [String] {
        try query("PRAGMA integrity_check") { $0.text(0) }.filter { $0 != "ok" }
    }

    public func foreignKeyCheck() throws -> [String] {
        try query("PRAGMA foreign_key_check") { row in
            // A table WITHOUT ROWID has no row id to tell.
            let place = row.optionalInt64(1).map { "row \($0)" } ?? "a row"
            return "\(row.text(0)): \(place) refers to a missing one of \(row.text(2))"
        }
    }
}
