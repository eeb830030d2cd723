import CSQLite

extension Connection {
    /// Runs the body in a transaction of its own, on a connection that no `Database` writes through.
    /// - Throws: what the body throws, after a rollback, or the error of COMMIT.
    func transaction<T>(_ body: () throws -> T) throws -> T {
        try run("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // The first error is the one that tells; a transaction that stays open ends with the connection.
            if isInTransaction { _ = try? run("ROLLBACK") }
            throw error
        }
    }

    /// Runs the body with foreign keys unchecked, and on again afterwards.
    func withForeignKeysOff<T>(_ body: () throws -> T) throws -> T {
        try set(SQLITE_DBCONFIG_ENABLE_FKEY, false)
        // By the flag itself: the pragma does nothing, silently, while a transaction is open.
        defer { _ = try? set(SQLITE_DBCONFIG_ENABLE_FKEY, true) }
        return try body()
    }
}
