import JSON

/// What `POST /v1/rollouts` and `:preview` take. Everything but the release has a default.
public struct RolloutRequest: Sendable, Equatable {
    public var release: ReleaseName
    public var selector: CellSelector
    public var strategy: RolloutStrategy
    public var onFailure: Rollout.OnFailure
    public var executor: Rollout.Executor
    public var override: SafetyOverride?

    public init(
        release: ReleaseName, selector: CellSelector = CellSelector(), strategy: RolloutStrategy = .standard,
        onFailure: Rollout.OnFailure = .rollback, executor: Rollout.Executor = .external,
        override: SafetyOverride? = nil
    ) {
        self.release = release
        self.selector = selector
        self.strategy = strategy
        self.onFailure = onFailure
        self.executor = executor
        self.override = override
    }

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        let release = reader.required("release", reader.parsed("release", Names.wordRule, ReleaseName.init))
        let selector = reader.nested("selector") { CellSelector(from: $0) }
        let strategy = reader.nested("strategy") { RolloutStrategy(from: $0) }
        let onFailure: Rollout.OnFailure? = reader.choice("onFailure")
        let executor: Rollout.Executor? = reader.choice("executor")
        let override = reader.nested("override") { SafetyOverride(from: $0) }
        if let named = selector?.cells, !named.isEmpty {
            for (index, cell) in (strategy?.canary ?? []).enumerated() where !named.contains(cell) {
                reader.report("strategy.canary[\(index)]", "is not among the selector's cells")
            }
        }
        try reader.finish()
        guard let release else { preconditionFailure("finish() throws where a required field is missing") }
        self.init(
            release: release, selector: selector ?? CellSelector(), strategy: strategy ?? .standard,
            onFailure: onFailure ?? .rollback, executor: executor ?? .external, override: override ?? nil)
    }
}
