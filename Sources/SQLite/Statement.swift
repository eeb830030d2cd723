import CSQLite

/// One prepared statement. It belongs to its connection's cache and never leaves this module.
@safe final class Statement {
    let handle: OpaquePointer
    let sql: String
    let isReadOnly: Bool
    /// True from `StatementCache.take` to `giveBack`: a statement can't run inside itself.
    var isInUse = false
    /// The cache's clock when it was last taken.
    var lastUse: UInt64 = 0
    /// The first result code but OK of the values bound since the last reset.
    private var bindCode: Int32 = SQLITE_OK
    private let parameters: ParameterOrder

    /// Takes over the handle.
    init(_ handle: OpaquePointer, sql: String) {
        unsafe self.handle = unsafe handle
        self.sql = sql
        isReadOnly = unsafe sqlite3_stmt_readonly(handle) != 0
        parameters = unsafe ParameterOrder(of: handle, sql: sql)
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Binds every parameter.
    ///
    /// - Precondition: there are as many values as parameters.
    /// - Returns: SQLite's result code; `SQLITE_TOOBIG` for a value above the connection's limit.
    func bind(_ values: [(any SQLiteBindable)?]) -> Int32 {
        precondition(values.count == parameters.count, "\(values.count) values for: \(sql)")
        bindCode = SQLITE_OK
        for position in values.indices {
            let parameter = Parameter(statement: self, index: parameters.index(ofValue: position))
            if let value = values[position] { value.bind(to: parameter) } else { parameter.bindNull() }
        }
        return bindCode
    }

    func check(bound code: Int32) {
        if code != SQLITE_OK, bindCode == SQLITE_OK { bindCode = code }
    }

    func step() -> Int32 {
        unsafe sqlite3_step(handle)
    }

    /// Ends the run and lets go of the values. The code of it is that of the last step, which was thrown.
    func reset() {
        unsafe sqlite3_reset(handle)
        if parameters.count > 0 { unsafe sqlite3_clear_bindings(handle) }
    }
}

/// Which SQLite index the n-th value goes to.
///
/// SQLite takes `$1` for a *name*, and numbers names in the order in which they appear: in
/// `SET a = $2 WHERE b = $1` it is `$2` that has index 1. So the numbers are read from the names.
private struct ParameterOrder {
    let count: Int
    /// Nil where value n simply goes to index n, which is nearly always.
    private let indexes: [Int32]?

    init(of handle: OpaquePointer, sql: String) {
        let count = Int(unsafe sqlite3_bind_parameter_count(handle))
        var indexes = [Int32](repeating: 0, count: count)
        for index in Int32(1)..<Int32(count + 1) {
            let number = unsafe sqlite3_bind_parameter_name(handle, index).map {
                Int(unsafe String(cString: $0).dropFirst()) ?? 0
            }
            let position = (number ?? Int(index)) - 1
            precondition(
                indexes.indices.contains(position) && indexes[position] == 0,
                "parameters must be ? or $1…$\(count) without a gap: \(sql)")
            indexes[position] = index
        }
        self.count = count
        self.indexes = indexes == Array(Int32(1)..<Int32(count + 1)) ? nil : indexes
    }

    func index(ofValue position: Int) -> Int32 {
        indexes?[position] ?? Int32(truncatingIfNeeded: position) + 1
    }
}
