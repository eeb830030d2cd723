import CSQLite

/// A value that can be bound to a statement's parameter. A type of the domain conforms by binding what it
/// wraps: `func bind(to parameter: Parameter) { parameter.bind(rawValue) }`.
public protocol SQLiteBindable {
    func bind(to parameter: Parameter)
}

/// The place of one value in a statement that is about to run; it must not outlive the call that gave it.
@safe public struct Parameter {
    let statement: Statement
    /// Counted from one.
    let index: Int32

    public func bind(_ value: Int64) {
        statement.check(bound: unsafe sqlite3_bind_int64(statement.handle, index, value))
    }

    public func bind(_ value: Double) {
        statement.check(bound: unsafe sqlite3_bind_double(statement.handle, index, value))
    }

    /// The text is copied: SQLite's own small-block allocator makes that cheaper than keeping it alive.
    public func bind(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            statement.check(
                bound: unsafe csqlite_bind_text(
                    statement.handle, index, utf8.baseAddress, UInt64(utf8.count)))
        }
    }

    public func bind(_ value: [UInt8]) {
        unsafe value.withUnsafeBytes { bytes in
            statement.check(
                bound: unsafe csqlite_bind_blob(
                    statement.handle, index, bytes.baseAddress, UInt64(bytes.count)))
        }
    }

    func bindNull() {
        statement.check(bound: unsafe sqlite3_bind_null(statement.handle, index))
    }
}

extension Int: SQLiteBindable {
    public func bind(to parameter: Parameter) { parameter.bind(Int64(self)) }
}

extension Int64: SQLiteBindable {
    public func bind(to parameter: Parameter) { parameter.bind(self) }
}

extension Bool: SQLiteBindable {
    /// SQL has no type for it: 1 and 0.
    public func bind(to parameter: Parameter) { parameter.bind(self ? 1 : 0 as Int64) }
}

extension Double: SQLiteBindable {
    /// SQLite takes a NaN for NULL, which a column that is `NOT NULL` then refuses.
    public func bind(to parameter: Parameter) { parameter.bind(self) }
}

extension String: SQLiteBindable {
    public func bind(to parameter: Parameter) { parameter.bind(self) }
}

extension [UInt8]: SQLiteBindable {
    public func bind(to parameter: Parameter) { parameter.bind(self) }
}
