import Registry
import Synchronization

/// When the next run of any backup schedule falls due, so that a look at the clock is enough until then.
final class NextRun: Sendable {
    private struct State {
        var isKnown = false
        var at: Timestamp?
        /// Grows with each change of the schedules.
        var changes = 0
    }

    private let state = Mutex(State())

    /// How many changes there have been: what a look at the schedules begins with.
    var changes: Int { state.withLock { $0.changes } }

    func forget() {
        state.withLock {
            $0.isKnown = false
            $0.changes += 1
        }
    }

    /// - Parameter changes: as they were before the schedules were read; if there were more since, it is not known.
    func note(_ time: Timestamp?, asOf changes: Int) {
        state.withLock {
            guard $0.changes == changes else { return }
            $0.isKnown = true
            $0.at = time
        }
    }

    func isDue(at now: Timestamp) -> Bool {
        state.withLock { !$0.isKnown || $0.at.map { $0 <= now } ?? false }
    }
}
