extension Database {
    /// Reads one consistent snapshot, on the calling thread, which it may block.
    ///
    /// The snapshot is that of the body's first statement, and holds all that was answered before it. The
    /// connection must not be used after the body has returned, nor `read` be called within it.
    ///
    /// - Parameter timeLimit: for reads that must take longer than the configuration's limit. While a
    ///   snapshot is held, the log can't be checkpointed past it.
    /// - Throws: `ReadTimeLimitExceeded`, `DatabaseOverloaded` if no reader comes free within the limit,
    ///   `DatabaseClosed`, `SQLiteError`, and what the body throws.
    public func read<T>(timeLimit: Duration? = nil, _ body: (Connection) throws -> T) throws -> T {
        let limit = timeLimit ?? configuration.readTimeLimit
        return try readers.withReader(until: .now + limit) { reader in
            reader.setDeadline(.now + limit)
            let result = Result { try reader.readingSnapshot(body) }
            // Even if the body took no notice, or made an error of its own of it.
            if reader.isCutOff { throw ReadTimeLimitExceeded(limit: limit) }
            return try result.get()
        }
    }
}

extension Connection {
    /// Runs the body in a read transaction, and ends that whatever the body does.
    fileprivate func readingSnapshot<T>(_ body: (Connection) throws -> T) throws -> T {
        try run("BEGIN DEFERRED")
        defer {
            // There is nothing to undo; if it fails, the pool drops the connection.
            clearDeadline()
            if isInTransaction { _ = try? run("ROLLBACK") }
        }
        return try body(self)
    }
}
