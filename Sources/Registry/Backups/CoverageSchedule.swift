/// A schedule, as coverage sees it.
public struct CoverageSchedule: Sendable, Equatable {
    public var name: String
    public var reach: CoverageReach
    public var isPaused: Bool
    /// How old the newest good backup may be, and how long a restore may take, where that is promised.
    public var rpo: Duration
    public var rto: Duration?
    /// When each run that was missed should have begun, in any order.
    public var missed: [Timestamp]

    public init(
        name: String, reach: CoverageReach, isPaused: Bool = false, rpo: Duration, rto: Duration? = nil,
        missed: [Timestamp] = []
    ) {
        self.name = name
        self.reach = reach
        self.isPaused = isPaused
        self.rpo = rpo
        self.rto = rto
        self.missed = missed
    }
}
