import Registry

/// Rollouts that are under way, in memory on the writer's thread from one step to the next: a report on one cell must not
/// read 5,000 of them.
///
/// The rows are the truth. A transaction takes a rollout out, and its `save` puts it back; whatever goes wrong in between
/// leaves it out, and the next one reads it anew. What was put back and is then undone is thrown away: with the write that
/// fails or was a dry run (`undo`), or with its whole group (`discard`). Unlike `CellLedger` it can't go by the revision: a
/// rollout's progress has none.
///
/// `@unchecked Sendable`: only the writer's thread calls it; the store keeps it there.
final class RolloutCache: @unchecked Sendable {
    private var runs: [RolloutID: RolloutRun] = [:]
    private var facts: [RolloutID: RolloutFacts] = [:]
    /// Cells of which a rollout's facts may say what was.
    private var stale: [RolloutID: Set<CellID>] = [:]
    private var cellsCount = 0
    /// The transaction that runs has put something here.
    private var isTouched = false

    /// More are read again at each step: some 20 MB.
    static let cellsMax = 20_000
    /// More that have changed at once are not read one by one.
    private static let staleMax = 64

    /// A transaction begins.
    func begin() { isTouched = false }

    /// What the transaction did is undone.
    func undo() { if isTouched { discard() } }

    func discard() {
        runs = [:]
        facts = [:]
        stale = [:]
        cellsCount = 0
    }

    func take(_ id: RolloutID) -> RolloutRun? {
        guard let run = runs.removeValue(forKey: id) else { return nil }
        cellsCount -= run.cells.count
        return run
    }

    /// The rollout as it stands in the rows now. One that has ended is asked for no more.
    func keep(_ run: RolloutRun) {
        isTouched = true
        let id = run.rollout.id
        _ = take(id)
        guard !run.rollout.life.state.isDone, run.cells.count <= Self.cellsMax else {
            (facts[id], stale[id]) = (nil, nil)
            return
        }
        if cellsCount + run.cells.count > Self.cellsMax { discard() }
        runs[id] = run
        cellsCount += run.cells.count
    }

    /// Something that rollouts go by has changed of the cell.
    func forget(_ cell: CellID) {
        for id in facts.keys { stale[id, default: []].insert(cell) }
    }

    func facts(of run: RolloutRun, in transaction: WriteTransaction) throws -> RolloutFacts {
        let id = run.rollout.id
        let changed = stale.removeValue(forKey: id) ?? []
        guard var current = facts.removeValue(forKey: id), changed.count <= Self.staleMax else {
            let fresh = try RolloutFacts(of: run, in: transaction)
            // A plan that is only looked at has no number.
            if run.rollout.number > 0, !run.rollout.life.state.isDone {
                (facts[id], isTouched) = (fresh, true)
            }
            return fresh
        }
        for cell in changed { try current.read(cell, of: run, in: transaction) }
        if !changed.isEmpty { isTouched = true }
        facts[id] = current
        return current
    }
}
