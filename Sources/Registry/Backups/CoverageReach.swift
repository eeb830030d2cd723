/// What a backup, a schedule or a drill covers.
public struct CoverageReach: Sendable, Equatable {
    /// Every cell and every namespace. The registry is none of them: it is covered by backups of itself alone.
    public var everything: Bool
    public var targets: Set<CoverageTarget>
    /// What everything is without.
    public var except: Set<CoverageTarget>

    public init(
        everything: Bool = false, targets: Set<CoverageTarget> = [], except: Set<CoverageTarget> = []
    ) {
        self.everything = everything
        self.targets = targets
        self.except = except
    }

    func covers(_ target: CoverageTarget) -> Bool {
        targets.contains(target) || everything && target != .registry && !except.contains(target)
    }
}
