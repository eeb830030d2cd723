import JSON

/// How far a rollout is, from how many of its cells are in which state.
public struct RolloutProgress: Sendable, Equatable {
    private let counts: [RolloutCellState: Int]
    private let isGoingBack: Bool
    private let unreachable: RolloutStrategy.Unreachable

    public init(_ counts: [RolloutCellState: Int], of rollout: Rollout) {
        self.counts = counts
        isGoingBack = rollout.life.isGoingBack
        unreachable = rollout.strategy.unreachable
    }

    public var total: Int { counts.values.reduce(0, +) }

    /// Cells that are where the rollout now wants them: on the release, or back.
    public var completed: Int { count(isGoingBack ? .rolledBack : .succeeded) }

    /// Cells that could not be brought there.
    public var failed: Int {
        isGoingBack
            ? count(.rollbackFailed) : count(.failed) + (unreachable == .fail ? count(.unreachable) : 0)
    }

    public var document: JSONValue {
        [
            "total": .integer(Int64(total)), "completed": .integer(Int64(completed)),
            "failed": .integer(Int64(failed)),
            "inFlight": .integer(Int64(count(.updating) + count(.rollingBack))),
            "baking": .integer(Int64(count(.baking))), "skipped": .integer(Int64(count(.skipped))),
            "unreachable": .integer(Int64(count(.unreachable))),
        ]
    }

    private func count(_ state: RolloutCellState) -> Int { counts[state] ?? 0 }
}
