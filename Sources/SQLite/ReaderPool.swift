/// The read-only connections, lent to one caller at a time.
final class ReaderPool: Sendable {
    private struct Content {
        var idle: [Connection] = []
        /// Idle ones, and those that are lent.
        var opened = 0
        /// Inspectors, which are opened for their one use and are not counted above.
        var inspecting = 0
        var isClosed = false
    }

    private let path: String
    private let lengthMax: Int
    private let content = Monitor(Content())

    init(path: String, lengthMax: Int) {
        precondition(lengthMax > 0, "a database needs a reader")
        self.path = path
        self.lengthMax = lengthMax
    }

    /// Lends a reader for the time of the body.
    ///
    /// - Parameter deadline: how long to wait for one to come free.
    /// - Throws: `DatabaseOverloaded`, `DatabaseClosed`, `SQLiteError` if one can't be opened; and what the
    ///   body throws.
    func withReader<T>(until deadline: MonotonicTime, _ body: (Connection) throws -> T) throws -> T {
        let reader = try take(until: deadline)
        defer { giveBack(reader) }
        return try body(reader)
    }

    /// Opens an inspector for the time of the body.
    func withInspector<T>(_ body: (Connection) throws -> T) throws -> T {
        try content.withLock { content in
            if content.isClosed { throw DatabaseClosed(cause: nil) }
            content.inspecting += 1
        }
        defer { content.withLock { $0.inspecting -= 1 } }
        return try body(Connection(path: path, mode: .inspector))
    }

    /// Refuses every read from now on, waits for those that run, and closes the connections.
    func close() {
        content.withLock { $0.isClosed = true }
        // Let go of, and so closed, out here: nothing is called out under the lock.
        _ = content.wait { content -> [Connection]? in
            guard content.idle.count == content.opened, content.inspecting == 0 else { return nil }
            defer {
                content.idle = []
                content.opened = 0
            }
            return content.idle
        }
    }

    private func take(until deadline: MonotonicTime) throws -> Connection {
        let place = try content.wait(until: deadline) { content -> Connection?? in
            if content.isClosed { throw DatabaseClosed(cause: nil) }
            if let reader = content.idle.popLast() { return .some(reader) }
            guard content.opened < lengthMax else { return nil }
            content.opened += 1
            return .some(nil)
        }
        guard let place else { throw DatabaseOverloaded(cause: .readersBusy) }
        if let reader = place { return reader }
        do {
            return try Connection(path: path, mode: .reader)
        } catch {
            content.withLock { $0.opened -= 1 }
            throw error
        }
    }

    private func giveBack(_ reader: Connection) {
        content.withLock { content in
            // One that can't end its transaction would keep its snapshot for ever.
            if reader.isInTransaction { content.opened -= 1 } else { content.idle.append(reader) }
        }
    }
}
