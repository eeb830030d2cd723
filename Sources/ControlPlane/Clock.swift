import Registry

/// Time as a value that is passed in: tests turn its hands.
public struct Clock: Sendable {
    /// The wall clock: what is written down. It may jump.
    public var now: @Sendable () -> Timestamp
    /// Never goes back, and counts while the machine sleeps: what leases are measured by.
    public var uptime: @Sendable () -> ContinuousClock.Instant

    public init(
        now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.now = now
        self.uptime = uptime
    }
}
