import Registry
import Store

/// Lets the cells of an evacuated zone serve again once its time is over.
///
/// It moves nobody: the tenants come back when somebody restores the zone, since nobody else knows that it is well.
struct ExpireEvacuations: Reconciler {
    let controlPlane: ControlPlane
    let name = "expireEvacuations"
    let period = Duration.seconds(5)

    func step() async throws -> String {
        let now = controlPlane.clock.now()
        let due = try controlPlane.store.read { transaction in
            try transaction.evacuations().filter { $0.expiresAt.map { $0 <= now } ?? false }
        }
        var changed: [String] = []
        for evacuation in due where try isHolding(evacuation) {
            let context = ChangeContext(
                principal: .system, operation: "expireEvacuation",
                reason: "\(evacuation.operation) has expired")
            try await controlPlane.store.write(as: context, bulk: true) { transaction in
                try Change(transaction).expire(evacuation)
            }
            changed.append(evacuation.zone)
        }
        return changed.isEmpty ? "no evacuation has expired" : "gives back \(changed.joined(separator: ", "))"
    }

    /// Whether it still keeps any cell out of service; one that was drained anew since is not its business.
    private func isHolding(_ evacuation: Evacuation) throws -> Bool {
        try controlPlane.store.read { transaction in
            guard let operation = try transaction.operation(evacuation.operation) else { return false }
            if !operation.life.state.isDone { return !operation.life.isCancelling }
            return try operation.leaving.contains { leaving in
                let state = try transaction.cell(leaving.cell)?.cell.state
                return try (state == .draining || state == .drained)
                    && transaction.lastEmptied(leaving.cell)?.by == operation.id
            }
        }
    }
}
