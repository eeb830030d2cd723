import Registry
import Store

/// Brings the tenants of an evacuated zone back once its time is over.
struct RestoreZones: Reconciler {
    let controlPlane: ControlPlane
    let name = "restoreZones"
    let period = Duration.seconds(5)

    func step() async throws -> String {
        let now = controlPlane.clock.now()
        let due = try controlPlane.store.read { transaction in
            try transaction.evacuations().filter { $0.expiresAt.map { $0 <= now } ?? false }
        }
        for evacuation in due {
            let context = ChangeContext(
                principal: .system, operation: "restoreZone", reason: "\(evacuation.operation) has expired")
            try await controlPlane.store.write(as: context, bulk: true) { transaction in
                let change = Change(transaction)
                guard let operation = try transaction.operation(evacuation.operation) else {
                    return try transaction.deleteEvacuation(of: evacuation.zone)
                }
                if operation.life.state.isDone {
                    _ = try change.restore(zone: evacuation.zone, RestorationRequest(operation.options))
                } else if !operation.life.isCancelling {
                    _ = try change.move(operation: operation.id, by: .cancel)
                }
            }
            controlPlane.moves.advance.wake()
        }
        return due.isEmpty ? "no evacuation has expired" : "restores \(due.map(\.zone).joined(separator: ", "))"
    }
}

/// Takes out operations that ended long ago.
struct DeleteExpiredOperations: Reconciler {
    let controlPlane: ControlPlane
    let name = "deleteExpiredOperations"
    let period = Duration.seconds(600)

    func step() async throws -> String {
        let deleted = try await controlPlane.store.write(
            as: ChangeContext(principal: .system, operation: name)
        ) {
            try $0.deleteOperations(
                endedBefore: $0.now.advanced(byMilliseconds: -Limits.operationLifetime.milliseconds), limit: 100)
        }
        return "deleted \(deleted) operations"
    }
}
