/// What retention must know of a backup.
public struct RetentionCandidate: Sendable, Equatable {
    /// What has become of it, as far as retention is concerned.
    public enum Outcome: Sendable, CaseIterable {
        /// Queued, running, or waiting for its plugins.
        case underWay
        /// Completed, and the newest verification, if there is one, has passed.
        case good
        /// Completed with errors, or its newest verification has failed: better than nothing.
        case doubtful
        /// Nothing to restore from.
        case failed
        /// Its deletion has begun, so that nothing can be restored from it any more.
        case deleting
    }

    public var name: String
    /// The backups that stand in for each other: those of a schedule, or without one those of the same scope.
    public var line: String
    public var outcome: Outcome
    /// When it began, which is how old its data is; of one that has not begun, when it was asked for.
    public var startedAt: Timestamp
    /// Nil for one that is kept until somebody deletes it.
    public var expiresAt: Timestamp?
    /// The reasons of its holds.
    public var holds: [String]
    /// The restores under way that read it.
    public var restores: [String]

    public init(
        name: String, line: String, outcome: Outcome, startedAt: Timestamp, expiresAt: Timestamp?,
        holds: [String] = [], restores: [String] = []
    ) {
        self.name = name
        self.line = line
        self.outcome = outcome
        self.startedAt = startedAt
        self.expiresAt = expiresAt
        self.holds = holds
        self.restores = restores
    }

    /// The order of age, the same for the same backups: two of one instant are told apart by their names.
    func isNewer(than other: Self) -> Bool {
        (startedAt, name) > (other.startedAt, other.name)
    }
}
