import Registry
import Store

/// Asks what gates have to say of cells that bake: several of these run beside each other, so that cells which are slow
/// to answer hold up nobody else's.
///
/// Nothing is held while it asks. What a gate says goes into the rollout in one transaction, where it is judged anew: a
/// cell that went on meanwhile takes none of it. After a crash the next question is simply asked.
struct MeasureGates: Reconciler {
    static let count = 4
    /// In one step, at once.
    static let questionsMax = 16

    let number: Int
    let controlPlane: ControlPlane
    var name: String { "measureGates\(number)" }
    let period = Duration.seconds(1)

    private var rollouts: Rollouts { controlPlane.rollouts }

    func step() async throws -> String {
        let now = rollouts.now()
        let questions = rollouts.schedule.take(
            from: try questions(), at: now.steady, limit: Self.questionsMax)
        defer { for question in questions { rollouts.schedule.putBack(question) } }
        guard !questions.isEmpty else { return "no gate is to be measured" }
        let found = try await measure(questions, at: now)
        var counted = 0
        for (id, evidence) in Dictionary(grouping: found, by: \.rollout) {
            let context = ChangeContext(principal: .system, operation: "measureGates")
            counted += try await controlPlane.store.write(as: context) { [rollouts] transaction in
                try Change(transaction).add(evidence.map(\.evidence), to: id, at: rollouts.now())
            }
        }
        return "\(questions.count) gates were measured, \(counted) have counted"
    }

    /// One for each gate of each cell that bakes.
    private func questions() throws -> [GateQuestion] {
        try controlPlane.store.read { transaction in
            var questions: [GateQuestion] = []
            for id in rollouts.underWay.all {
                // Most have no gates, and nothing more is read of them.
                guard let rollout = try transaction.rollout(id), !rollout.strategy.gates.isEmpty else {
                    continue
                }
                let baking = try transaction.cells(
                    of: rollout, RolloutCellFilter(state: .baking), after: -1,
                    limit: Limits.cellsPerRolloutMax)
                for cell in baking {
                    questions += rollout.strategy.gates.compactMap { GateQuestion($0, of: rollout, on: cell) }
                }
            }
            return questions
        }
    }

    private func measure(
        _ questions: [GateQuestion], at now: RolloutTime
    ) async throws -> [(rollout: RolloutID, evidence: GateEvidence)] {
        let cells = try controlPlane.store.read { transaction in
            try questions.map { try transaction.cell($0.cell)?.cell }
        }
        return await withTaskGroup(of: (RolloutID, GateEvidence)?.self) { group in
            for (question, cell) in zip(questions, cells) {
                group.addTask { [rollouts] in
                    guard let evidence = await rollouts.meter.measure(question, on: cell, at: now) else {
                        return nil
                    }
                    // A report that has been counted says nothing new.
                    if let reportedAt = evidence.reportedAt, reportedAt == question.reportedAt { return nil }
                    if let last = question.observedAt, evidence.observedAt <= last { return nil }
                    return (question.rollout, evidence)
                }
            }
            var found: [(RolloutID, GateEvidence)] = []
            for await one in group { if let one { found.append(one) } }
            return found
        }
    }
}
