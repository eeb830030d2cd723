/// What a rollout has to know of a cell beside its own record of it.
public struct CellFacts: Sendable, Equatable {
    /// Nil: the registry has it no more.
    public var state: CellState?
    public var isUnhealthy: Bool
    /// It was observed on the release already, with every service; that it is meant to run it would prove nothing.
    public var runsAlready: Bool
    /// A later rollout that has changed one of the services since; nothing is taken from it.
    public var takenBy: RolloutID?
    /// Interlocks: what must end before the cell may be changed.
    public var holds: [Blocker]

    public init(
        state: CellState?, isUnhealthy: Bool = false, runsAlready: Bool = false, takenBy: RolloutID? = nil,
        holds: [Blocker] = []
    ) {
        self.state = state
        self.isUnhealthy = isUnhealthy
        self.runsAlready = runsAlready
        self.takenBy = takenBy
        self.holds = holds
    }

    /// There is nothing left that could be changed.
    public var isGone: Bool { state == nil || state == .retired }

    /// Why a cell whose turn has come is left as it is; nil where it is changed. One that is not yet in service is changed
    /// too: it gets the release before its first tenant.
    public var skipReason: String? {
        switch state {
        case nil: "the cell was deleted"
        case .draining: "the cell is being drained"
        case .drained: "the cell is drained"
        case .retired: "the cell is retired"
        case .provisioning, .active: runsAlready ? "was observed on the release already" : nil
        }
    }
}

/// Stops a rollout when many cells turn bad at once: more likely the cause is common, or the judge is wrong.
public struct RolloutBrake: Sendable, Equatable {
    /// Nil: it does not hold. Else one sentence with the figures.
    public var tripped: String?
    /// The cells that the rollout has not touched are enough for it: the release can't be the cause.
    public var isOfUntouched: Bool

    public static let free = RolloutBrake(tripped: nil, isOfUntouched: false)

    public init(tripped: String?, isOfUntouched: Bool) {
        self.tripped = tripped
        self.isOfUntouched = isOfUntouched
    }

    /// - Parameters:
    ///   - cells: the active cells of the whole platform.
    ///   - touched: those that the rollout has changed.
    public init(
        cells: [(cell: CellID, isUnhealthy: Bool)], touched: Set<CellID>,
        limit: SafetyPolicies.MassFailureBrake
    ) {
        let bad = cells.filter(\.isUnhealthy)
        let others = cells.filter { !touched.contains($0.cell) }
        guard Self.holds(bad: bad.count, of: cells.count, limit) else {
            self = .free
            return
        }
        tripped =
            "\(bad.count) of \(cells.count) active cells are unhealthy, more than \(limit.unhealthyPercent) %"
        isOfUntouched = Self.holds(bad: others.count(where: \.isUnhealthy), of: others.count, limit)
    }

    /// True where so many unhealthy cells stop every rollout.
    public static func holds(bad: Int, of all: Int, _ limit: SafetyPolicies.MassFailureBrake) -> Bool {
        bad >= Int(limit.cellsMin) && bad * 100 > Int(limit.unhealthyPercent) * all
    }
}
