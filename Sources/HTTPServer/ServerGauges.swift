import Synchronization

/// What a server holds at this moment; readable from any thread.
public final class ServerGauges: Sendable {
    private let connectionCount = Atomic(0)
    private let watchCount = Atomic(0)
    private let deferredCount = Atomic(0)

    /// Open connections.
    public var connections: Int { connectionCount.load(ordering: .relaxed) }
    /// Long polls that wait.
    public var watches: Int { watchCount.load(ordering: .relaxed) }
    /// Requests whose answers are being made off the loops.
    public var deferred: Int { deferredCount.load(ordering: .relaxed) }

    func addConnections(_ change: Int) { connectionCount.add(change, ordering: .relaxed) }
    func addDeferred(_ change: Int) { deferredCount.add(change, ordering: .relaxed) }
    func removeWatch() { watchCount.subtract(1, ordering: .relaxed) }

    /// False where `countMax` wait already.
    func addWatch(countMax: Int) -> Bool {
        guard watchCount.add(1, ordering: .relaxed).newValue > countMax else { return true }
        removeWatch()
        return false
    }
}
