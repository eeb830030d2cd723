import Registry
import Synchronization

/// Runs every reconciler, each in a task of its own, one step after the other.
public final class ReconcilerDriver: Sendable {
    private let reconcilers: [any Reconciler]
    private let clock: Clock
    private let state = Mutex<[String: ReconcilerReport]>([:])
    private let failed: @Sendable (String, any Error) -> Void

    /// - Parameter failed: told of each step that threw, with the reconciler's name.
    public init(
        _ reconcilers: [any Reconciler], clock: Clock, failed: @escaping @Sendable (String, any Error) -> Void
    ) {
        self.reconcilers = reconcilers
        self.clock = clock
        self.failed = failed
    }

    /// Each one's last report, in the order of the list.
    public var reports: [ReconcilerReport] {
        let known = state.withLock { $0 }
        return reconcilers.map {
            known[$0.name] ?? ReconcilerReport(name: $0.name, report: "has not run yet", failed: false)
        }
    }

    /// Runs until the task is cancelled.
    public func run() async {
        await withTaskGroup { group in
            for reconciler in reconcilers {
                group.addTask {
                    while !Task.isCancelled {
                        await self.step(reconciler)
                        if let wakeUp = reconciler.wakeUp {
                            await wakeUp.rest(atMost: reconciler.period)
                        } else {
                            try? await Task.sleep(for: reconciler.period)
                        }
                    }
                }
            }
        }
    }

    /// One step of one reconciler.
    func step(_ reconciler: any Reconciler) async {
        var report = ReconcilerReport(
            name: reconciler.name, startedAt: clock.now(), report: "runs", failed: false)
        state.withLock { $0[reconciler.name] = report }
        do {
            report.report = try await reconciler.step()
        } catch {
            report.report = (error as? RegistryError)?.detail ?? "failed; the log names the cause"
            report.failed = true
            failed(reconciler.name, error)
        }
        report.endedAt = clock.now()
        state.withLock { [report] in $0[reconciler.name] = report }
    }
}
