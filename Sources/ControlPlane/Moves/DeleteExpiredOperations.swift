import Registry
import Store

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
                endedBefore: $0.now.advanced(byMilliseconds: -Limits.operationLifetime.milliseconds),
                limit: 100)
        }
        return "deleted \(deleted) operations"
    }
}
