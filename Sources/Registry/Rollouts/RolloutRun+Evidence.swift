// What gates measure of the cells that bake.
extension RolloutRun {
    /// Adds a gate's measurement of a cell that bakes.
    ///
    /// - Throws: `notFound`; `stateConflict` with the refusal as a blocker, and nothing has changed then.
    public mutating func add(_ evidence: GateEvidence, at now: Timestamp) throws(RegistryError) {
        let index = try index(of: evidence.cell)
        let cell = cells[index]
        let gate = try gate(of: evidence, on: cell, at: now)
        var tally = cell.tally(of: gate)
        // The same report or observation again says nothing new. Seen by a steady time, a report's moves a little with each
        // look, for as long as a jump of the clock is made up for.
        if let reportedAt = evidence.reportedAt, reportedAt == tally.reportedAt { return }
        if let newest = tally.observedAt, evidence.observedAt <= newest { return }
        tally.add(evidence, for: gate)
        cells[index].tallies.removeAll { $0.gate == gate.name }
        cells[index].tallies.append(tally)
        if cells[index].tallies.contains(where: { $0.bad > 0 }) {
            cells[index].healthySince = nil
        } else if cells[index].healthySince == nil {
            cells[index].healthySince = now
        }
        changed.insert(index)
    }

    private func gate(
        of evidence: GateEvidence, on cell: RolloutCell, at now: Timestamp
    ) throws(RegistryError) -> Gate {
        guard evidence.release == rollout.release.name else {
            throw cell.refused(.anotherRelease, "it is about \(evidence.release)")
        }
        guard let gate = rollout.strategy.gates.first(where: { $0.name == evidence.gate }) else {
            throw cell.refused(.notAboutTheChange, "the rollout has no gate '\(evidence.gate)'")
        }
        guard cell.state == .baking, evidence.attempt == cell.attempt, let changedAt = cell.changedAt else {
            throw cell.refused(
                .notAsked, "it is \(cell.state.rawValue) in attempt \(cell.attempt), and does not bake")
        }
        guard evidence.observedAt <= now.advanced(byMilliseconds: Limits.reportSkewMax.milliseconds) else {
            throw cell.refused(
                .fromTheFuture, "it was observed at \(evidence.observedAt), and it is \(now)")
        }
        let from = evidence.observedAt.advanced(byMilliseconds: -gate.window.milliseconds)
        guard from >= changedAt else {
            throw cell.refused(
                .beforeTheChange, "it looks back to \(from), and the cell was changed at \(changedAt)")
        }
        return gate
    }
}
