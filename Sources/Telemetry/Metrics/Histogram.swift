import Synchronization

/// How amounts are spread: a count for each of a few fixed ranges, and the sum. Lock-free, any thread.
///
/// A scrape that meets a recording in the middle may see the count without the sum; the next one sees both.
public final class Histogram: Sendable {
    let buckets: Buckets
    /// One for each bound and one above; written through atomics alone, freed in `deinit`.
    nonisolated(unsafe) private let counts: UnsafeMutablePointer<Atomic<UInt64>>
    /// Wraps after 584 years of durations, which Prometheus takes for a restart.
    private let sum = Atomic<UInt64>(0)

    init(_ buckets: Buckets) {
        self.buckets = buckets
        counts = .allocate(capacity: buckets.bounds.count + 1)
        for index in 0...buckets.bounds.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: buckets.bounds.count + 1)
        counts.deallocate()
    }

    /// - Precondition: this measures seconds.
    public func record(nanoseconds: UInt64) {
        precondition(buckets.unit == .seconds, "a histogram of seconds takes durations")
        add(nanoseconds)
    }

    /// A negative duration, from a clock that was set back, counts as none.
    ///
    /// - Precondition: this measures seconds.
    public func record(_ duration: Duration) {
        record(nanoseconds: UInt64(nanosecondsOf: duration))
    }

    /// - Precondition: this measures bytes or a count, and `amount` is not negative.
    public func record(_ amount: Int) {
        precondition(buckets.unit != .seconds, "a histogram of seconds takes durations")
        add(UInt64(amount))
    }

    private func add(_ amount: UInt64) {
        // From the start: the bounds are few, and most amounts fall low.
        let index = buckets.bounds.firstIndex { amount <= $0 } ?? buckets.bounds.count
        counts[index].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(amount, ordering: .relaxed)
    }

    /// How many amounts fell in each bucket alone, the one above the last bound included, and their sum.
    func read() -> (counts: [UInt64], sum: UInt64) {
        (
            (0...buckets.bounds.count).map { counts[$0].load(ordering: .relaxed) },
            sum.load(ordering: .relaxed)
        )
    }
}
