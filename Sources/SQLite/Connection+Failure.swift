import CSQLite

extension Connection {
    /// The error that SQLite has just answered with.
    ///
    /// In a group's transaction it also decides whether the group is lost: after a fatal error or a full disk
    /// it is, and after any error by which SQLite ended the transaction of itself, as it does when memory
    /// runs out (sqlite.org/lang_transaction.html, section 3). What a body would still run after that
    /// would be committed alone, one statement at a time.
    func failure(_ code: Int32, sql: String?) -> SQLiteError {
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        let error = SQLiteError(code: code, message: message, sql: sql)
        if case .group = phase, error.isFatal || error.isDiskFull || !isInTransaction {
            phase = .lost(error)
        }
        return error
    }

    /// - Throws: the error by which the group was lost, or an interruption if the deadline has passed: many
    ///   short statements never run long enough for the progress handler to be asked.
    func requireUsable(_ sql: String) throws(SQLiteError) {
        if case .lost(let error) = phase { throw error }
        if unsafe shared.pointee.hasPassedDeadline() {
            throw SQLiteError(code: SQLITE_INTERRUPT, message: "the time limit has passed", sql: sql)
        }
    }

    /// - Throws: if a row refers to one that is not there. A deferred foreign key is checked only at COMMIT,
    ///   where it would take the whole group down with it.
    func requireForeignKeysHold() throws(SQLiteError) {
        var unresolved: Int32 = 0
        var highest: Int32 = 0
        unsafe sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &unresolved, &highest, 0)
        guard unresolved == 0 else {
            throw SQLiteError(
                code: CSQLITE_CONSTRAINT_FOREIGNKEY, message: "FOREIGN KEY constraint failed")
        }
    }

    /// From now on statements are interrupted once this moment has passed.
    func setDeadline(_ deadline: MonotonicTime) {
        unsafe shared.pointee.deadlineNanoseconds = deadline.nanoseconds
        unsafe shared.pointee.isCutOff = false
    }

    func clearDeadline() {
        unsafe shared.pointee.deadlineNanoseconds = .max
    }

    /// True if the last deadline has stopped a statement, even if nobody took notice of its error.
    var isCutOff: Bool { unsafe shared.pointee.isCutOff }
}

extension Connection.Shared {
    mutating func hasPassedDeadline() -> Bool {
        guard deadlineNanoseconds != .max, MonotonicTime.now.nanoseconds > deadlineNanoseconds else {
            return false
        }
        isCutOff = true
        return true
    }
}
