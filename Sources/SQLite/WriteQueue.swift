/// The writes that wait, between the callers of any thread and the writer's thread.
final class WriteQueue: Sendable {
    /// What the writer is to do next.
    enum Event {
        case write(WriteJob)
        /// Nothing came for as long as was named.
        case idle
        case close
    }

    private struct Content {
        var jobs = FIFO<WriteJob>()
        /// Set once; either of the two ends the taking of writes.
        var failure: SQLiteError?
        var isClosing = false
        /// Set once: the writer has let go of everything.
        var hasEnded = false
    }

    private let lengthMax: Int
    private let content = Monitor(Content())

    init(lengthMax: Int) {
        self.lengthMax = lengthMax
    }

    /// - Throws: `DatabaseOverloaded`, `DatabaseClosed`.
    func add(_ job: WriteJob) throws {
        try content.withLock { content in
            if content.isClosing || content.failure != nil { throw DatabaseClosed(cause: content.failure) }
            if content.jobs.count >= lengthMax { throw DatabaseOverloaded(cause: .writesQueued) }
            content.jobs.append(job)
        }
    }

    /// The next write, without waiting; nil also where it is a bulk one, which shares no transaction.
    func nextAtHand() -> WriteJob? {
        content.withLock { $0.jobs.first?.isBulk == false ? $0.jobs.popFirst() : nil }
    }

    /// The next thing to do.
    /// - Parameter idleAfter: how long to wait until idle is the answer; nil to wait for ever.
    func next(idleAfter: Duration?) -> Event {
        let event = content.wait(until: idleAfter.map { .now + $0 }) { content -> Event? in
            if let job = content.jobs.popFirst() { return .write(job) }
            return content.isClosing ? .close : nil
        }
        return event ?? .idle
    }

    /// Refuses every write from now on.
    /// - Returns: those that were waiting, for the writer to answer.
    func fail(_ error: SQLiteError) -> [WriteJob] {
        content.withLock { content in
            content.failure = error
            return content.jobs.removeAll()
        }
    }

    /// Waits until someone wants the writer to end.
    func waitForClose() {
        content.wait { $0.isClosing ? () : nil }
    }

    /// Called by the writer, last of all.
    func end() {
        content.withLock { $0.hasEnded = true }
    }

    /// Refuses every write from now on, and waits until the writer has ended.
    func close() {
        content.withLock { $0.isClosing = true }
        content.wait { $0.hasEnded ? () : nil }
    }

    var hasEnded: Bool { content.withLock { $0.hasEnded } }
}
