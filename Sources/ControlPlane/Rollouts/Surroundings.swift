import Registry
import Store

extension RolloutRun.Surroundings {
    /// What stands around a rollout at one instant, without reading any cell's document.
    init(of run: RolloutRun, in transaction: ReadTransaction, at now: Timestamp) throws {
        self.init()
        var active: [(cell: CellID, isUnhealthy: Bool)] = []
        facts = Dictionary(uniqueKeysWithValues: run.cells.map { ($0.cell, CellFacts(state: nil)) })
        try transaction.forEachCell { cell, state, health in
            if state == .active { active.append((cell, health == .unhealthy)) }
            if facts[cell] != nil { facts[cell] = CellFacts(state: state, isUnhealthy: health == .unhealthy) }
        }
        let touched = Set(run.cells.lazy.filter(\.life.isTouched).map(\.cell))
        try addVersions(of: run.rollout, touched: touched, in: transaction)
        for (cell, hold) in try transaction.leases(besides: run.rollout.number, at: now) {
            facts[cell]?.holds.append(hold)
        }
        for (cell, hold) in try transaction.freezes() { facts[cell]?.holds.append(hold) }
        let policies = try transaction.policies()?.policies ?? SafetyPolicies()
        let lifted = run.rollout.override?.rules ?? []
        holds = Self.calendar(policies, at: now, override: run.rollout.override)
        if !lifted.contains(.massFailureBrake) {
            brake = RolloutBrake(cells: active, touched: touched, limit: policies.massFailureBrake)
        }
    }

    /// Which cells run the release already, and which another rollout has changed since.
    private mutating func addVersions(
        of rollout: Rollout, touched: Set<CellID>, in transaction: ReadTransaction
    ) throws {
        var running: [CellID: Int] = [:]
        let id = rollout.id.rawValue
        for (service, version) in rollout.release.versions {
            try transaction.forEachCell(running: service, version) { name, writer, runs in
                guard let cell = CellID(name), facts[cell] != nil else { return }
                if runs { running[cell, default: 0] += 1 }
                if writer != id, touched.contains(cell) { facts[cell]?.takenBy = RolloutID(writer) }
            }
        }
        for (cell, services) in running where services == rollout.release.images.count {
            facts[cell]?.runsAlready = true
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
