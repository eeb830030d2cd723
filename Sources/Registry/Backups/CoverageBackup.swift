/// A backup, as coverage sees it.
public struct CoverageBackup: Sendable, Equatable {
    public enum Outcome: Sendable, CaseIterable {
        case good
        /// Failed, completed with errors, or refuted by its newest verification.
        case failed
        /// It has taken longer than it may, or nobody has heard of it for too long, whether it was given up or not.
        case stuck
        /// Under way, queued or being deleted: it shows nothing.
        case open
    }

    public var name: String
    public var reach: CoverageReach
    public var outcome: Outcome
    /// How old its data is: what was written later is not in it.
    public var startedAt: Timestamp
    /// When it was last verified and passed.
    public var verifiedAt: Timestamp?

    public init(
        name: String, reach: CoverageReach, outcome: Outcome, startedAt: Timestamp,
        verifiedAt: Timestamp? = nil
    ) {
        self.name = name
        self.reach = reach
        self.outcome = outcome
        self.startedAt = startedAt
        self.verifiedAt = verifiedAt
    }
}
