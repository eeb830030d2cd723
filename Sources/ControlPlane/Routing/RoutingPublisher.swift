import Synchronization

/// Where the newest snapshot is read, by any thread, and put, by the writer.
public final class RoutingPublisher: Sendable {
    private let newest: Mutex<RoutingSnapshot>

    public init(_ snapshot: RoutingSnapshot) { newest = Mutex(snapshot) }

    /// The lock is held for one retain, by readers and the writer alike.
    public var current: RoutingSnapshot { newest.withLock { $0 } }

    /// - Precondition: a snapshot of the same incarnation is not older than the current one.
    public func publish(_ snapshot: RoutingSnapshot) {
        let previous = newest.withLock { newest in
            precondition(newest.incarnation != snapshot.incarnation || newest.revision <= snapshot.revision)
            let previous = newest
            newest = snapshot
            return previous
        }
        // What nobody reads any more, megabytes of tables perhaps, is freed here and not under the lock.
        withExtendedLifetime(previous) {}
    }
}
