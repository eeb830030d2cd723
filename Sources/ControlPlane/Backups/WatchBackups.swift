import Registry
import Store

/// Gives up backups and restores whose workers keep silent, or that take longer than they may.
///
/// What is not heard of has failed: a run that seems to be under way for ever would stop its schedule, and a restore keep
/// its backup, without anybody being told.
struct WatchBackups: Reconciler {
    let controlPlane: ControlPlane
    let name = "watchBackups"
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { controlPlane.backups.watch }

    func step() async throws -> String {
        guard try isDue() else { return "nothing is stuck" }
        let context = ChangeContext(principal: .system, operation: name)
        let count = try await controlPlane.store.write(as: context) { [controlPlane] transaction in
            let (change, steady) = (Change(transaction), controlPlane.steadyNow)
            return try change.giveUpBackups(at: steady) + change.giveUpRestores(at: steady)
        }
        return "gave up \(count) backups and restores"
    }

    /// A look that costs no write.
    private func isDue() throws -> Bool {
        let steady = controlPlane.steadyNow
        return try controlPlane.store.read { transaction in
            try transaction.backupsUnderWay().contains { $0.givenUp(at: steady) != nil }
                || transaction.activeRestores().contains { $0.givenUp(at: steady) != nil }
        }
    }
}

/// Takes out restores that ended long ago.
struct DeleteExpiredRestores: Reconciler {
    let controlPlane: ControlPlane
    let name = "deleteExpiredRestores"
    let period = Duration.seconds(3600)

    func step() async throws -> String {
        let deleted = try await controlPlane.store.write(
            as: ChangeContext(principal: .system, operation: name)
        ) {
            try $0.deleteRestores(
                endedBefore: $0.now.advanced(byMilliseconds: -Limits.restoreLifetime.milliseconds), limit: 100
            )
        }
        return "deleted \(deleted) restores"
    }
}
