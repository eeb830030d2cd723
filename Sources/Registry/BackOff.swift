/// How long to wait before something that failed is tried again: exponential, with full jitter.
///
/// The pause is drawn from the whole range below a ceiling that doubles with each failure in a row, so that callers who
/// failed together don't come back together.
public struct BackOff: Sendable, Equatable {
    /// The ceiling after the first failure.
    public var first: Duration
    /// The ceiling never grows past it.
    public var max: Duration
    /// No pause is shorter, so that an unlucky draw is no busy loop.
    public var min: Duration

    public init(
        first: Duration = .milliseconds(500), max: Duration = Limits.webhookBackOffMax,
        min: Duration = .milliseconds(50)
    ) {
        precondition(.zero <= min && min <= first && first <= max, "a pause lies between its bounds")
        self.first = first
        self.max = max
        self.min = min
    }

    /// - Parameters:
    ///   - failures: in a row, this one included; 0 is taken for 1.
    ///   - random: 0 to 1, drawn by the caller.
    public func pause(afterFailures failures: Int, random: Double) -> Duration {
        // Past 40 doublings even a millisecond is over any ceiling; without a bound the shift would overflow.
        let doublings = Swift.min(Swift.max(failures, 1) - 1, 40)
        let ceiling = Swift.min(first * (1 << doublings), max)
        return Swift.max(min, ceiling * Swift.min(Swift.max(random, 0), 1))
    }
}
