import CSQLite

extension Connection {
    /// Pages in the write-ahead log after this connection's last commit.
    var walPages: Int { unsafe shared.pointee.walPages }

    /// Runs a checkpoint, only ever on the writer.
    ///
    /// - Parameter mode: `SQLITE_CHECKPOINT_PASSIVE` or `SQLITE_CHECKPOINT_TRUNCATE`.
    /// - Returns: the pages in the log afterwards, and how many of them are in the database file.
    /// - Throws: not for readers in the way, which leave the rest for the next time.
    func checkpoint(_ mode: Int32) throws(SQLiteError) -> (pages: Int, pagesDone: Int) {
        precondition(self.mode == .writer, "only the writer checkpoints")
        var pages: Int32 = -1
        var pagesDone: Int32 = -1
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, "main", mode, &pages, &pagesDone)
        guard code == SQLITE_OK || code & 0xff == SQLITE_BUSY else { throw failure(code, sql: nil) }
        if pages == 0 { unsafe shared.pointee.walPages = 0 }
        return (Int(pages), Int(pagesDone))
    }
}
