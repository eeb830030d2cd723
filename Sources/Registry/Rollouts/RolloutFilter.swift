/// What a list of rollouts is narrowed by; nil asks nothing.
public struct RolloutFilter: Sendable, Equatable {
    public var state: RolloutState?
    public var release: ReleaseName?

    public init(state: RolloutState? = nil, release: ReleaseName? = nil) {
        self.state = state
        self.release = release
    }
}

/// What a list of a rollout's cells is narrowed by; nil asks nothing.
public struct RolloutCellFilter: Sendable, Equatable {
    public var state: RolloutCellState?
    public var wave: Int?

    public init(state: RolloutCellState? = nil, wave: Int? = nil) {
        self.state = state
        self.wave = wave
    }
}
