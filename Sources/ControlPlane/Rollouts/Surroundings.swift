import Registry
import Store

extension RolloutRun.Surroundings {
    /// What stands around a rollout at one instant, by both clocks.
    init(of run: RolloutRun, in transaction: ReadTransaction, at now: RolloutTime) throws {
        self.init()
        let known = try transaction.facts(of: run)
        facts = known.cells
        for (cell, hold) in try transaction.leases(besides: run.rollout.number, at: now.steady) {
            cellHolds[cell, default: []].append(hold)
        }
        for (cell, hold) in try transaction.freezes() { cellHolds[cell, default: []].append(hold) }
        let policies = try transaction.policies()?.policies ?? SafetyPolicies()
        let lifted = run.rollout.override?.rules ?? []
        holds = Self.calendar(policies, at: now.wall, override: run.rollout.override)
        let limit = policies.massFailureBrake
        // Whose failures they are is counted only where there are enough of them.
        if !lifted.contains(.massFailureBrake),
            RolloutBrake.holds(bad: known.unhealthyCount, of: known.active.count, limit)
        {
            brake = RolloutBrake(
                cells: known.active.map { (cell: $0.key, isUnhealthy: $0.value) },
                touched: Set(run.cells.lazy.filter(\.life.isTouched).map(\.cell)), limit: limit)
        }
    }

    /// The change calendar, where it is closed and nobody goes on against it.
    static func calendar(
        _ policies: SafetyPolicies, at now: Timestamp, override: SafetyOverride?
    ) -> [Blocker] {
        SafetyCheck(cells: [], policies: policies, now: now)
            .outcome(of: SafetyCheck.Action(origin: .operator), override: override)
            .violations.map(\.blocker)
    }
}

extension ReadTransaction {
    /// Cells of which tenants are being cut over: their writes rest, and that must not take longer than it has to.
    func freezes() throws -> [(CellID, Blocker)] {
        try batchesInFlight().filter { $0.frozen != nil && $0.cutover == nil }.flatMap { batch in
            let hold = Blocker(
                kind: "operation", id: batch.operation.rawValue,
                message: "cuts tenants over from '\(batch.source)'; no cell of it is changed meanwhile")
            guard let operation = try operation(batch.operation) else { return [(batch.source, hold)] }
            let targets = try targets(of: operation, batch: batch.number)
            return [(batch.source, hold)] + targets.map { ($0, hold) }
        }
    }
}
