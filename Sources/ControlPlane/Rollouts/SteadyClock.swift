import Registry
import Synchronization

/// The wall clock without its jumps: what rollouts count by.
///
/// A bake must not end because somebody has set the machine's clock. It follows the wall clock, and is at most a tenth
/// faster or slower than time itself: a jump of an hour is made up for within ten hours, one of a second in ten seconds.
/// It never goes back, not with a restart either.
public final class SteadyClock: Sendable {
    private struct Reading {
        var time: Timestamp
        var uptime: ContinuousClock.Instant
    }

    private let clock: Clock
    private let last: Mutex<Reading>

    /// - Parameter time: the latest that an earlier process has counted by. Where the wall clock was put back since, this
    ///   one goes on from there: else leases and reports would have to wait until it has caught up.
    public init(_ clock: Clock, after time: Timestamp? = nil) {
        self.clock = clock
        let now = clock.now()
        last = Mutex(Reading(time: time.map { max($0, now) } ?? now, uptime: clock.uptime()))
    }

    public func now() -> Timestamp {
        last.withLock { last in
            let uptime = clock.uptime()
            let elapsed = max(0, (uptime - last.uptime).milliseconds)
            let steady = last.time.advanced(byMilliseconds: elapsed)
            // A tenth of less is no whole millisecond.
            guard elapsed >= 10 else { return steady }
            let isOffBy = clock.now().rawValue - steady.rawValue
            let most = elapsed / 10
            last = Reading(
                time: steady.advanced(byMilliseconds: min(max(isOffBy, -most), most)),
                uptime: last.uptime + .milliseconds(elapsed))
            return last.time
        }
    }
}
