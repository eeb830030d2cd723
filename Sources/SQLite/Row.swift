import CSQLite

/// The current row of a running statement; it can't be copied, so it can't outlive the closure it is given
/// to.
///
/// Columns are counted from zero. A column of another type than the one asked for, NULL among them, is a
/// programmer's mistake and traps: in STRICT tables the schema says which type there is, and SQLite itself
/// would hand out zeros and empty strings.
@safe public struct Row: ~Copyable {
    private let handle: OpaquePointer

    init(of statement: Statement) {
        unsafe handle = statement.handle
    }

    public func int64(_ column: Int) -> Int64 {
        require(SQLITE_INTEGER, column)
        return unsafe sqlite3_column_int64(handle, Int32(column))
    }

    public func int(_ column: Int) -> Int {
        Int(int64(column))
    }

    /// True for anything but zero.
    public func bool(_ column: Int) -> Bool {
        int64(column) != 0
    }

    /// An integer is taken too: SQLite's `sum` and `avg` answer with what they were fed.
    public func double(_ column: Int) -> Double {
        let type = unsafe sqlite3_column_type(handle, Int32(column))
        precondition(type == SQLITE_FLOAT || type == SQLITE_INTEGER, mismatch(column))
        return unsafe sqlite3_column_double(handle, Int32(column))
    }

    /// The whole text, NUL bytes included; what is not UTF-8 is replaced by U+FFFD.
    public func text(_ column: Int) -> String {
        unsafe withTextBytes(column) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    public func bytes(_ column: Int) -> [UInt8] {
        require(SQLITE_BLOB, column)
        // The pointer first: only after it is the count that of the same representation.
        let start = unsafe sqlite3_column_blob(handle, Int32(column))
        let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// The text as it lies in SQLite's page cache, without a copy and without a check that it is UTF-8.
    /// The bytes are gone when the closure returns.
    public func withTextBytes<T, E: Error>(
        _ column: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> T
    ) throws(E) -> T {
        require(SQLITE_TEXT, column)
        let start = unsafe sqlite3_column_text(handle, Int32(column))
        let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
        return try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
    }

    public func isNull(_ column: Int) -> Bool {
        requireExists(column)
        return unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }

    public func optionalText(_ column: Int) -> String? {
        isNull(column) ? nil : text(column)
    }

    public func optionalInt64(_ column: Int) -> Int64? {
        isNull(column) ? nil : int64(column)
    }

    private func require(_ type: Int32, _ column: Int) {
        // A column that is not there reads as NULL, so this refuses it too.
        precondition(unsafe sqlite3_column_type(handle, Int32(column)) == type, mismatch(column))
    }

    private func requireExists(_ column: Int) {
        precondition(
            unsafe column >= 0 && column < sqlite3_column_count(handle), "there is no column \(column)")
    }

    private func mismatch(_ column: Int) -> String {
        let sql = unsafe sqlite3_sql(handle).map { unsafe String(cString: $0) } ?? ""
        return "column \(column) has another type than was asked for: \(sql)"
    }
}
