import HTTP
import Synchronization

/// The watches of one loop that wait for one signal.
final class SignalWatches: @unchecked Sendable {
    // Safe to share: other threads touch the atomic and the mailbox alone; all else is the loop's.

    let signal: Signal
    private let mailbox: Mailbox
    private let isPosted = Atomic(false)
    private var listening: Signal.Listening?
    private(set) var parked: [Connection] = []
    /// No waking before.
    var notBefore: MonotonicTime = .min

    init(_ signal: Signal, mailbox: Mailbox) {
        self.signal = signal
        self.mailbox = mailbox
    }

    /// Begins to hear the signal. What fired before is seen by whoever looks afterwards.
    func listen() {
        listening = signal.onFire { [weak self] in self?.fired() }
    }

    func stopListening() {
        if let listening { signal.remove(listening) }
        listening = nil
    }

    private func fired() {
        let change = isPosted.compareExchange(
            expected: false, desired: true, ordering: .sequentiallyConsistent)
        if change.exchanged { mailbox.post(.fired(self)) }
    }

    /// The loop has the mail: what fires from now on is posted again.
    func received() { isPosted.store(false, ordering: .sequentiallyConsistent) }

    func add(_ connection: Connection) {
        connection.parkedIndex = parked.count
        parked.append(connection)
    }

    func remove(_ connection: Connection) {
        let index = connection.parkedIndex
        connection.parkedIndex = -1
        let last = parked.removeLast()
        guard last !== connection else { return }
        parked[index] = last
        last.parkedIndex = index
    }
}
