import HTTP

/// The watches that wait on one loop: by signal, by deadline, by owner. On the loop's thread.
///
/// A signal that fires wakes all its watches, no sooner than `wakePeriod` after the time before, and over as
/// many turns as it takes, so that a fan-out to thousands does not hold up those who ask for something else.
final class ParkedWatches {
    /// About 2.6 ms of answers.
    private static let wakingsPerTurn = 256

    private struct Waking {
        var connection: Connection
        var watch: UInt64
        var moment: Watch.Moment
    }

    private let mailbox: Mailbox
    private let wakePeriod: Int64
    private var signals: [ObjectIdentifier: SignalWatches] = [:]
    /// Those that fired and whose watches are not on the list yet.
    private var due: [SignalWatches] = []
    private var expiries = DeadlineHeap<Connection>()
    private var wakings: [Waking] = []
    private var nextWaking = 0
    /// Nothing is due and nothing on the list: most turns have nothing to do here.
    private var isQuiet = true

    init(mailbox: Mailbox, wakePeriod: Duration) {
        self.mailbox = mailbox
        self.wakePeriod = wakePeriod.nanoseconds
    }

    /// From here on the signal is heard for the connection's watch.
    func add(_ connection: Connection, waitingFor signal: Signal) {
        let key = ObjectIdentifier(signal)
        let watches = signals[key] ?? SignalWatches(signal, mailbox: mailbox)
        if watches.parked.isEmpty {
            signals[key] = watches
            watches.listen()
        }
        watches.add(connection)
        connection.watches = watches
        expiries.insert(connection)
    }

    func remove(_ connection: Connection) {
        guard let watches = connection.watches else { return }
        connection.watches = nil
        watches.remove(connection)
        expiries.remove(connection)
        // A signal that nobody here waits for is forgotten: there may be one for each cell.
        if watches.parked.isEmpty {
            watches.stopListening()
            signals[ObjectIdentifier(watches.signal)] = nil
        }
    }

    /// Mail: the signal has fired.
    func fired(_ watches: SignalWatches) {
        watches.received()
        due.append(watches)
        isQuiet = false
    }

    /// Ends the watches whose deadline has come.
    func expire(_ now: MonotonicTime) {
        while let first = expiries.first, first.heapDeadline <= now { first.wake(.ended) }
    }

    /// Whether there are watches to be woken in this turn.
    func mustWake(_ now: MonotonicTime) -> Bool {
        isQuiet ? false : planWakings(now)
    }

    private func planWakings(_ now: MonotonicTime) -> Bool {
        guard nextWaking == wakings.count else { return true }
        wakings.removeAll(keepingCapacity: true)
        nextWaking = 0
        var later: [SignalWatches] = []
        for watches in due {
            if watches.notBefore <= now {
                watches.notBefore = now.adding(wakePeriod)
                plan(watches, .woken)
            } else {
                later.append(watches)
            }
        }
        due = later
        isQuiet = later.isEmpty && wakings.isEmpty
        return !wakings.isEmpty
    }

    /// Puts all on the list, to be ended.
    func endAll() {
        for watches in signals.values { plan(watches, .ended) }
        isQuiet = false
    }

    private func plan(_ watches: SignalWatches, _ moment: Watch.Moment) {
        for connection in watches.parked {
            wakings.append(Waking(connection: connection, watch: connection.watchNumber, moment: moment))
        }
    }

    func wakeSome() {
        let end = min(wakings.count, nextWaking + Self.wakingsPerTurn)
        while nextWaking < end {
            let waking = wakings[nextWaking]
            nextWaking += 1
            if waking.connection.watchNumber == waking.watch { waking.connection.wake(waking.moment) }
        }
    }

    /// When there is something to do next; in the past where there is already.
    var next: MonotonicTime {
        if nextWaking < wakings.count { return .min }
        let firstExpiry = expiries.first?.heapDeadline ?? .never
        return due.reduce(firstExpiry) { min($0, $1.notBefore) }
    }
}
