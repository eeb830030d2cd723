import Registry

/// One instant by both clocks that rollouts know.
///
/// After a jump of the machine's clock they differ, for hours. What a rollout counts by itself (bakes, leases, deadlines)
/// is steady; what is of the world outside is the wall clock's: a change calendar's windows, when others say that they
/// observed something, the instant that Prometheus is asked about.
public struct RolloutTime: Sendable, Equatable {
    /// `SteadyClock`'s.
    public var steady: Timestamp
    public var wall: Timestamp

    public init(steady: Timestamp, wall: Timestamp) {
        self.steady = steady
        self.wall = wall
    }

    /// What others say by the wall clock, in the time that rollouts count by: after a jump an honest observation must not
    /// seem to be of the past or of the future.
    public func steady(of wall: Timestamp) -> Timestamp {
        wall.advanced(byMilliseconds: steady.rawValue - self.wall.rawValue)
    }

    /// What is said to others, by their clock.
    public func wall(of steady: Timestamp) -> Timestamp {
        steady.advanced(byMilliseconds: wall.rawValue - self.steady.rawValue)
    }
}
