import Registry
import Store

/// Takes every rollout as far as it goes: opens waves, ends bakes, notices deadlines, stops and turns back.
///
/// What it does is decided anew within the transaction that does it; claims and reports do the same there, so that this
/// one is left with what time alone brings about, and with what has changed around a rollout.
struct AdvanceRollouts: Reconciler {
    let controlPlane: ControlPlane
    let name = "advanceRollouts"
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { controlPlane.rollouts.advance }

    func step() async throws -> String {
        let underWay = controlPlane.rollouts.underWay.all.sorted { $0.rawValue < $1.rawValue }
        var advanced = 0
        var failure: (any Error)?
        for id in underWay where try isDue(id) {
            do {
                let context = ChangeContext(principal: .system, operation: name)
                let changed = try await controlPlane.store.write(as: context) { [controlPlane] transaction in
                    try Change(transaction).advance(id, at: controlPlane.rollouts.now())
                }
                if changed { advanced += 1 }
            } catch {
                // One that can't go on must not hold up the others.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return "\(underWay.count) rollouts are under way, \(advanced) have gone on"
    }

    /// A look that costs no write.
    private func isDue(_ id: RolloutID) throws -> Bool {
        try controlPlane.store.read { transaction in
            guard let run = try transaction.run(id) else { return false }
            let now = controlPlane.rollouts.now()
            let surroundings = try RolloutRun.Surroundings(of: run, in: transaction, at: now)
            return !run.situation(in: surroundings, at: now.steady).step.isEmpty
        }
    }
}

/// Takes out rollouts that ended long ago.
struct DeleteExpiredRollouts: Reconciler {
    let controlPlane: ControlPlane
    let name = "deleteExpiredRollouts"
    let period = Duration.seconds(3600)

    func step() async throws -> String {
        let deleted = try await controlPlane.store.write(
            as: ChangeContext(principal: .system, operation: name)
        ) {
            try $0.deleteRollouts(
                endedBefore: $0.now.advanced(byMilliseconds: -Limits.rolloutLifetime.milliseconds), limit: 10)
        }
        return "deleted \(deleted) rollouts"
    }
}
