import Registry
import SQLite
import Synchronization

/// Keeps the registry in one SQLite file. SQL is spoken in this target alone.
///
/// Errors of the database leave it as `RegistryError`: the disk's two bad answers have codes of their own
/// (`diskFull`, `outcomeUnknown`), everything else is `internalError`, and `report` is told the cause.
public final class Store: Sendable {
    public struct Configuration: Sendable {
        /// The database file; its folder must exist.
        public var path: String
        public var readersMax: Int
        /// The wall clock, in milliseconds since 1970.
        public var clock: @Sendable () -> Timestamp
        /// Told of every failure that is not the caller's, with what it was.
        public var report: @Sendable (any Error) -> Void
        /// The disk has failed in a way that leaves the file's state unknown: the process must end here.
        public var onFatal: @Sendable (any Error) -> Void
        public var observer: (any DatabaseObserver)?

        public init(
            path: String, readersMax: Int = 8, clock: @escaping @Sendable () -> Timestamp,
            report: @escaping @Sendable (any Error) -> Void = { _ in },
            onFatal: @escaping @Sendable (any Error) -> Void, observer: (any DatabaseObserver)? = nil
        ) {
            self.path = path
            self.readersMax = readersMax
            self.clock = clock
            self.report = report
            self.onFatal = onFatal
            self.observer = observer
        }
    }

    private let configuration: Configuration
    private let database: Database
    private let ledgerCache = CellLedger.Cache()
    private let rolloutCache = RolloutCache()
    private let committed: Committed

    /// Who wants to know of commits. Set once, after the file is open and before the first write.
    private final class Committed: Sendable {
        /// A struct around the closure: taken out of the mutex bare, Swift 6.3 puts it back with two more thunks
        /// around it, each time, and each call would be deeper than the one before.
        struct Listener: Sendable {
            var call: @Sendable (ReadTransaction) -> Void
        }

        let listener = Mutex<Listener?>(nil)
    }

    /// Opens the file, brings its schema up to date and gives a new database its lineage.
    ///
    /// - Throws: `RegistryError` with what to do about it: another process has it, its schema is newer, the disk.
    public init(_ configuration: Configuration) throws {
        self.configuration = configuration
        let committed = Committed()
        self.committed = committed
        var settings = Database.Configuration(path: configuration.path, onFatal: configuration.onFatal)
        settings.readersMax = configuration.readersMax
        settings.didCommit = { connection in
            committed.listener.withLock { $0 }?.call(ReadTransaction(connection))
        }
        settings.didRollBack = { [rolloutCache] wholeGroup in
            if wholeGroup { rolloutCache.discard() } else { rolloutCache.undo() }
        }
        settings.observer = configuration.observer
        settings.prepare = { connection in
            try Schema.migrator.apply(on: connection, nowMilliseconds: configuration.clock().rawValue)
            try connection.run(
                Self.lineageSQL, Incarnation.random().rawValue, configuration.clock().rawValue)
        }
        database = try Database.open(configuration: settings)
    }

    private static let lineageSQL = """
        INSERT INTO lineage (id, incarnation, created_at_ms) VALUES (1, $1, $2) ON CONFLICT DO NOTHING
        """

    /// `listener` is called after each commit, on the writer's thread, before any of its writers is answered:
    /// what it publishes is seen by everyone who has been told that the write is done.
    public func onCommit(_ listener: @escaping @Sendable (ReadTransaction) -> Void) {
        committed.listener.withLock { $0 = Committed.Listener(call: listener) }
    }

    /// Runs `body` on the caller's thread over one snapshot.
    public func read<T>(timeLimit: Duration = .seconds(2), _ body: (ReadTransaction) throws -> T)
        throws(RegistryError) -> T
    {
        do {
            return try database.read(timeLimit: timeLimit) { try body(ReadTransaction($0)) }
        } catch {
            throw translate(error)
        }
    }

    /// Runs `body` on the writer's thread, and returns once its changes are durable and published.
    ///
    /// What `body` throws undoes all that it did, and nothing else. A body that calls `rollBackAtEnd()` is undone too,
    /// and its result is returned all the same: that is a dry run.
    ///
    /// - Parameter bulk: true for many resources at once: the transaction is shared with no other write.
    public func write<T: Sendable>(
        as context: ChangeContext, bulk: Bool = false,
        _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws(RegistryError) -> T {
        do {
            return try await database.write(bulk: bulk) {
                [configuration, ledgerCache, rolloutCache] connection in
                do {
                    let transaction = try WriteTransaction(
                        connection, context: context, clock: configuration.clock(), ledgerCache: ledgerCache,
                        rolloutCache: rolloutCache)
                    let result = try body(transaction)
                    try transaction.queueDeliveries()
                    try transaction.settle()
                    if transaction.rollsBack { throw RolledBack(result: result) }
                    return result
                } catch {
                    ledgerCache.discard()
                    throw error
                }
            }
        } catch let undone as RolledBack<T> {
            return undone.result
        } catch {
            throw translate(error)
        }
    }

    private struct RolledBack<T: Sendable>: Error {
        var result: T
    }

    /// Copies the database to a new file while it is in use.
    public func backup(to path: String) throws { try database.backup(to: path) }

    /// SQLite's, as linked.
    public static var libraryVersion: String { Database.libraryVersion }

    public var walBytes: Int { database.walBytes }

    /// Ends after every write that was accepted is answered.
    public func close() { database.close() }

    /// What is durable can't be brought into memory: as grave as a failed disk, for answers would be wrong.
    public func fail(_ error: any Error) { configuration.onFatal(error) }

    private func translate(_ error: any Error) -> RegistryError {
        switch error {
        case let error as RegistryError:
            return error
        case let error as SQLiteError where error.isDiskFull:
            configuration.report(error)
            return RegistryError(
                .diskFull, "The control plane's disk is full: nothing was written. Reads go on.",
                nextSteps: ["free space on the data folder's volume, then send the request again"])
        case let error as OutcomeUnknown:
            configuration.report(error)
            return RegistryError(
                .outcomeUnknown,
                "The disk failed while the write was made durable: it may or may not have happened.",
                nextSteps: ["send it again with the same Idempotency-Key once the control plane is back"])
        case let error as DatabaseClosed where error.cause == nil:
            return RegistryError(
                .stopping, "The control plane is stopping.", nextSteps: ["retry with back-off"])
        case let error as DatabaseOverloaded:
            let waiting = error.cause == .writesQueued ? "writes" : "reads"
            return RegistryError(
                .overloaded, "More \(waiting) wait than the control plane can take.",
                nextSteps: ["retry with back-off"])
        case let error as ReadTimeLimitExceeded:
            return RegistryError(
                .overloaded, "The read took longer than it may, which is \(error.limit.go).",
                nextSteps: ["ask for fewer items: limit=10", "retry with back-off"])
        default:
            configuration.report(error)
            return RegistryError(
                .internalError, "Something failed inside the control plane; its log names the cause.")
        }
    }
}
