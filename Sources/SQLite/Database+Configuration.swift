extension Database {
    /// How a database is opened, and what its owner wants to be called for.
    public struct Configuration: Sendable {
        public var path: String
        /// Connections that read at the same time, opened when first needed; each may cache 16 MB.
        public var readersMax = 8
        /// How long a read may hold its snapshot, and how long one waits for a reader to come free.
        public var readTimeLimit: Duration = .seconds(2)
        /// Writes that wait; one more is refused with `DatabaseOverloaded`.
        public var queueLengthMax = 4_096
        /// No write is begun in a group that is this old: its first is not to wait for all that come after
        /// it.
        public var groupDurationMax: Duration = .milliseconds(20)
        /// Called by `open` on the writer's connection, outside any transaction and before the first write:
        /// the place for migrations. If it throws, the database is not opened.
        public var prepare: @Sendable (Connection) throws -> Void = { _ in }
        /// Called on the writer's thread after each successful COMMIT and before any answer of its group. The
        /// connection sees exactly what was committed, and traps if it is written to.
        public var didCommit: @Sendable (Connection) -> Void = { _ in }
        /// Called on the writer's thread after what a write had done was undone: for the owner of memory that follows the
        /// file. What is undone is the write that ran last, or the whole group with those before it.
        public var didRollBack: @Sendable (_ wholeGroup: Bool) -> Void = { _ in }
        /// Called on the writer's thread, once, after a fatal error and after the writes it struck were
        /// answered: the owner ends the process here. It goes on only in tests; writes are refused from then
        /// on.
        public var onFatal: @Sendable (SQLiteError) -> Void
        public var observer: (any DatabaseObserver)?

        public init(path: String, onFatal: @escaping @Sendable (SQLiteError) -> Void) {
            self.path = path
            self.onFatal = onFatal
        }
    }
}

/// What wants to know how the writer fares; called on its thread, so to return at once.
public protocol DatabaseObserver: Sendable {
    /// A group was committed.
    /// - Parameters:
    ///   - jobs: the writes in it, those that failed by themselves included.
    ///   - duration: from BEGIN until COMMIT returned.
    func committed(jobs: Int, duration: Duration)

    /// A checkpoint ran, to its end or as far as the readers let it.
    /// - Parameter walPages: the pages in the log that it found.
    func checkpointed(walPages: Int, duration: Duration)
}
