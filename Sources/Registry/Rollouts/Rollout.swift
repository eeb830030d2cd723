import JSON

/// Bringing a release to cells, wave by wave. Its cells are `RolloutCell`s; `RolloutRun` holds both.
public struct Rollout: Sendable, Equatable {
    public enum OnFailure: String, Sendable, CaseIterable {
        case pause, rollback
    }

    /// Who takes a cell to the release.
    public enum Executor: String, Sendable, CaseIterable {
        /// Scripts and agents, which claim cells and report.
        case external
        /// This server, through the Kubernetes API.
        case kubernetes
    }

    public var id: RolloutID
    /// The revision of the event that made it: lists are in this order.
    public var number: Int64
    public var release: Release
    public var selector: CellSelector
    public var strategy: RolloutStrategy
    public var onFailure: OnFailure
    public var executor: Executor
    public var override: SafetyOverride?

    public var life: RolloutLife
    /// The wave that is being changed or bakes; 0 before the first.
    public var wave: Int
    /// What each wave is, in order: wave 1 is the first.
    public var waves: [String]
    /// A digest of which cells are in which wave: a dry run's plan stands or falls with it.
    public var plan: String
    public var cause: RolloutCause?
    /// The highest wave that was approved.
    public var approvedWave: Int
    /// Since when it awaits approval.
    public var askedAt: Timestamp?
    /// Failures that somebody has put up with by resuming.
    public var forgiven: Int
    /// When a cell was last claimed, reported on or decided.
    public var progressAt: Timestamp

    public var actor: String
    public var reason: String
    public var createdAt: Timestamp
    public var startedAt: Timestamp?
    public var updatedAt: Timestamp
    public var endedAt: Timestamp?
    public var revision: Revision

    public init(
        id: RolloutID, release: Release, request: RolloutRequest, waves: [String], plan: String = "",
        actor: String, reason: String, createdAt: Timestamp
    ) {
        self.id = id
        number = 0
        self.release = release
        selector = request.selector
        strategy = request.strategy
        onFailure = request.onFailure
        executor = request.executor
        override = request.override
        life = RolloutLife(.pending)
        wave = 0
        self.waves = waves
        self.plan = plan
        cause = nil
        approvedWave = 0
        askedAt = nil
        forgiven = 0
        progressAt = createdAt
        self.actor = actor
        self.reason = reason
        self.createdAt = createdAt
        startedAt = nil
        updatedAt = createdAt
        endedAt = nil
        revision = .zero
    }

    /// Rollouts are kept as long after their end.
    public var expiresAt: Timestamp? {
        endedAt?.advanced(byMilliseconds: Limits.rolloutLifetime.milliseconds)
    }

    /// Failures that may be, in a rollout of so many cells.
    public func failuresMax(of cells: Int) -> Int { strategy.failureBudget.roundedDown(of: cells) }

    /// What was asked for: written once, read back with the request's own reader.
    public var spec: JSONObject {
        var object: JSONObject = [
            "release": .string(release.name.rawValue), "selector": selector.document,
            "strategy": .object(strategy.document), "onFailure": .string(onFailure.rawValue),
            "executor": .string(executor.rawValue),
        ]
        if let override { object["override"] = override.document }
        return object
    }

    /// What the audit keeps of it: what operators and its own rules have decided, not its progress.
    public var document: JSONValue {
        var object = spec
        object["id"] = .string(id.rawValue)
        object["state"] = .string(life.state.rawValue)
        object["wave"] = .integer(Int64(wave))
        object["plan"] = .string(plan)
        if let cause { object["cause"] = cause.document }
        return .object(object)
    }
}
