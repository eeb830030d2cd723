/// What a backup, a schedule or a drill covers.
public struct CoverageReach: Sendable, Equatable {
    /// Every cell and every namespace. The registry is none of them: it is covered by backups of itself alone.
    public var everything: Bool
    public var targets: Set<CoverageTarget>

    public init(everything: Bool = false, targets: Set<CoverageTarget> = []) {
        self.everything = everything
        self.targets = targets
    }

    func covers(_ target: CoverageTarget) -> Bool {
        targets.contains(target) || everything && target != .registry
    }
}
