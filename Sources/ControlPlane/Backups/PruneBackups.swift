import Registry
import Store

/// Has backups deleted whose time is over and that nothing and nobody needs, as `POST /v1/backups:prune` does.
struct PruneBackups: Reconciler {
    let controlPlane: ControlPlane
    let name = "pruneBackups"
    let period = Duration.seconds(60)

    func step() async throws -> String {
        let now = controlPlane.clock.now()
        let going = try controlPlane.store.read { transaction in
            Retention(try transaction.retentionCandidates(), keepLast: try transaction.keepLast())
                .verdicts(at: now).count(where: \.goes)
        }
        guard going > 0 else { return "nothing is to be deleted" }
        try await controlPlane.store.write(as: ChangeContext(principal: .system, operation: name)) {
            _ = try Change($0).pruneBackups(limit: Limits.backupsPrunedMax)
        }
        return "\(min(going, Limits.backupsPrunedMax)) of \(going) backups go"
    }
}
