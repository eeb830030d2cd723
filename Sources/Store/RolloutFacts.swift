import Registry

/// What the registry knows of a rollout's cells, and of all active ones together: each step of a rollout asks it.
public struct RolloutFacts: Sendable, Equatable {
    /// Of the rollout's cells; without what holds them for the moment.
    public private(set) var cells: [CellID: CellFacts]
    /// Every active cell of the platform, and whether it is unhealthy.
    public private(set) var active: [CellID: Bool] = [:]
    public private(set) var unhealthyCount = 0

    /// Reads all of them, without reading any cell's document.
    public init(of run: RolloutRun, in transaction: ReadTransaction) throws {
        cells = Dictionary(uniqueKeysWithValues: run.cells.map { ($0.cell, CellFacts(state: nil)) })
        try transaction.forEachCell { cell, state, health in set(cell, state, health) }
        let touched = Set(run.cells.lazy.filter(\.life.isTouched).map(\.cell))
        var running: [CellID: Int] = [:]
        let id = run.rollout.id.rawValue
        for (service, version) in run.rollout.release.versions {
            try transaction.forEachCell(running: service, version) { name, writer, runs in
                guard let cell = CellID(name), cells[cell] != nil else { return }
                if runs { running[cell, default: 0] += 1 }
                if writer != id, touched.contains(cell) { cells[cell]?.takenBy = RolloutID(writer) }
            }
        }
        for (cell, services) in running where services == run.rollout.release.images.count {
            cells[cell]?.runsAlready = true
        }
    }

    /// Reads what there is of one cell.
    mutating func read(_ cell: CellID, of run: RolloutRun, in transaction: ReadTransaction) throws {
        if active.removeValue(forKey: cell) == true { unhealthyCount -= 1 }
        if cells[cell] != nil { cells[cell] = CellFacts(state: nil) }
        if let condition = try transaction.condition(of: cell) {
            set(cell, condition.state, condition.health)
        }
        guard let record = run.cells.first(where: { $0.cell == cell }) else { return }
        let kept = try transaction.services(of: cell)
        let versions = run.rollout.release.versions
        let ours = kept.filter { versions[$0.service] != nil }
        if record.life.isTouched {
            cells[cell]?.takenBy = ours.last { $0.rollout != run.rollout.id }?.rollout
        }
        cells[cell]?.runsAlready =
            ours.count { $0.desired == versions[$0.service] && $0.observed == versions[$0.service] }
            == run.rollout.release.images.count
    }

    private mutating func set(_ cell: CellID, _ state: CellState, _ health: CellHealth.Status) {
        let isUnhealthy = health == .unhealthy
        if state == .active {
            active[cell] = isUnhealthy
            if isUnhealthy { unhealthyCount += 1 }
        }
        if cells[cell] != nil { cells[cell] = CellFacts(state: state, isUnhealthy: isUnhealthy) }
    }
}
