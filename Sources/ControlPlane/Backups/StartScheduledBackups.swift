import Registry
import Store

/// Starts the runs of backup schedules that have fallen due, or records why they were missed.
///
/// What becomes of a run is decided within the transaction that starts it, and the time up to which all is decided is
/// written there too: a crash before it starts nothing, one after it starts nothing again.
struct StartScheduledBackups: Reconciler {
    let controlPlane: ControlPlane
    let name = "startScheduledBackups"
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { controlPlane.backups.start }

    func step() async throws -> String {
        let (backups, now) = (controlPlane.backups, controlPlane.clock.now())
        guard backups.nextRun.isDue(at: now) else { return "no run is due" }
        let changes = backups.nextRun.changes
        var next: [Timestamp] = []
        var (started, failure) = (0, nil as (any Error)?)
        for record in try controlPlane.store.read({ try $0.backupSchedules() })
        where record.schedule.source == .api {
            guard let run = record.nextRun(after: record.decidedUntil) else { continue }
            guard run <= now else {
                next.append(run)
                continue
            }
            do {
                if try await start(record.schedule.name) { started += 1 }
                // What it has left undecided is looked at again at once.
                if let later = record.nextRun(after: now) { next.append(later) }
            } catch {
                // One that can't go on must not hold up the others; it is tried again.
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        backups.nextRun.note(next.min(), asOf: changes)
        return started == 0 ? "no run is due" : "runs of \(started) schedules were due"
    }

    private func start(_ schedule: BackupScheduleName) async throws -> Bool {
        let context = ChangeContext(principal: .system, operation: name)
        return try await controlPlane.store.write(as: context) { [controlPlane] transaction in
            try Change(transaction).startDueRuns(of: schedule, at: controlPlane.rolloutTime.steady)
        }
    }
}
