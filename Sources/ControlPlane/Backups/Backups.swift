import Registry

/// What looks after the backup catalog, beside the store. Leases and deadlines count by the rollouts' steady clock.
public struct Backups: Sendable {
    /// Wakes the reconciler that starts runs.
    let start = WakeUp()
    /// Wakes the reconciler that gives up what is stuck.
    let watch = WakeUp()

    let nextRun = NextRun()

    /// A change of these may bring the next run nearer, or something to watch.
    static let wokenBy: Set<ResourceKind> = [.backupSchedule, .backup, .restore]

    /// Who carries out what is asked for here. What Velero and `control-plane backup` do by themselves is only recorded.
    let executors: Set<BackupExecutor> = [.external]
    /// Whose work scripts may claim: also to delete what Velero has made, while nobody here drives it.
    let outside: Set<BackupExecutor> = [.external, .velero]

    /// On the writer's thread, after a commit that changed something of `kinds`.
    func follow(_ kinds: Set<ResourceKind>) {
        if kinds.contains(.backupSchedule) {
            nextRun.forget()
            start.wake()
        }
        watch.wake()
    }
}

extension ControlPlane {
    /// - Throws: `stateConflict` where this server is not set up for it: nobody would ever take the work up.
    public func check(backups executor: BackupExecutor) throws(RegistryError) {
        guard !backups.executors.contains(executor) else { return }
        throw RegistryError(
            .stateConflict, "This server does not drive \(executor.rawValue).",
            errors: [
                FieldError("executor", "can't be \(executor.rawValue): this server is not set up for it")
            ],
            nextSteps: [
                "leave 'executor' out, and have scripts claim the work: for the registry one that calls 'control-plane backup'",
                "let Velero run its own schedules, and record them: POST /v1/backups:import",
            ])
    }
}
