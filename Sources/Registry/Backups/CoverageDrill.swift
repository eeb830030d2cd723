/// A test restore that has completed.
public struct CoverageDrill: Sendable, Equatable {
    public var name: String
    public var reach: CoverageReach
    public var completedAt: Timestamp
    public var duration: Duration

    public init(name: String, reach: CoverageReach, completedAt: Timestamp, duration: Duration) {
        self.name = name
        self.reach = reach
        self.completedAt = completedAt
        self.duration = duration
    }
}
