// How writing works.
//
// One connection, on one thread, makes all changes. That is not for speed alone: SQLite 3.7.0 to 3.51.2 can
// corrupt a WAL database when one connection commits while another starts a second checkpoint (fixed in
// 3.51.3; Debian 12 has 3.40.1). Here the connection that commits is the one that checkpoints, all others are
// read-only handles that never checkpoint, not even when they close last, and a lock file keeps every other
// process from writing. So the two can't meet. It also means that a write never waits for another's lock.
//
// Writes queue up, first in, first out. The thread takes the first and begins a transaction (BEGIN
// IMMEDIATE), then runs one write after the other in it, each in a savepoint, as long as there are any, up to
// 64 of them and for at most 20 ms. A write that fails rolls back to its own savepoint and the others stay.
// One COMMIT with one fsync (synchronous = FULL) makes them all durable. It doesn't wait for company: while
// the disk syncs one group, the next one queues.
//
// After COMMIT the owner's `didCommit` reads back what has changed, and only then is each write answered, the
// failed ones too: what they saw, and failed of, was not durable before.
//
// A bulk write has a transaction to itself and no savepoint. Inside a savepoint SQLite keeps the former content of
// every page that is touched, in a list of small pieces, and each statement that a trigger may abort walks that whole
// list when it ends: for a thousand rows that is most of the time.
//
// When it goes wrong:
// - The disk is full, in a write or at COMMIT: the whole group is rolled back and each write of it fails with
//   that error. Nothing of it is in the file: the frame that would make it valid was not written. Reads go on
//   and the next group tries anew, unless a checkpoint finds no room either: then writes fail at once until
//   one does, so that the log does not eat the last of the disk.
// - I/O error, corruption, or anything else at COMMIT: nobody knows what is on the disk. An fsync that failed
//   may be followed by a crash after which the "failed" commit is there. Each write of the group gets
//   `OutcomeUnknown`, no write is taken any more, and `onFatal` ends the process.
// - The same in a write, or in a checkpoint: no COMMIT is tried, so the group's writes fail with the error
//   itself, but the writer stops all the same.
// - SQLite ends the transaction of itself, as when memory runs out: the connection refuses every further
//   statement of the write, and the group fails with that error.
//
// Checkpoints (Checkpointer.swift) run on the same thread between two groups, after the answers.

extension Database {
    /// Makes a change and returns once it is durable.
    ///
    /// - Parameters:
    ///   - bulk: true for one of more than about a hundred rows: it gets a transaction to itself.
    ///   - body: runs on the writer's thread, in a savepoint of a transaction that other writes share. It must not
    ///     begin, commit or roll back by itself. If it throws, what it did is undone, and it alone.
    /// - Returns: what the body returned, after COMMIT and after `didCommit`.
    /// - Throws: what the body threw; a disk-full `SQLiteError`; `OutcomeUnknown`; and without having run at
    ///   all `DatabaseOverloaded` or `DatabaseClosed`.
    ///
    /// A write that is queued runs, whether its task is cancelled or not.
    public func write<T: Sendable>(
        bulk: Bool = false, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try submit(bulk: bulk, body) { continuation.resume(with: $0) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// The form of `write` for callers that are not tasks.
    ///
    /// - Parameter completion: called exactly once, on the writer's thread, which it holds up: it hands the
    ///   result on and returns. Not called if this throws.
    /// - Throws: `DatabaseOverloaded`, `DatabaseClosed`, at once.
    public func submit<T: Sendable>(
        bulk: Bool = false, _ body: @escaping @Sendable (Connection) throws -> T,
        completion: @escaping @Sendable (Result<T, any Error>) -> Void
    ) throws {
        try writes.add(WriteJob(body, isBulk: bulk, completion))
    }

    /// The form of `write` for tools: it blocks the calling thread, which must not be the writer's.
    public func writeSync<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) throws -> T {
        let answer = Monitor<Result<T, any Error>?>(nil)
        try submit(body) { result in answer.withLock { $0 = result } }
        // Without a deadline it ends only with an answer.
        guard let result = answer.wait(for: { $0 }) else { preconditionFailure("no answer") }
        return try result.get()
    }
}
