import Kubernetes
import Registry
import Store

/// Carries out the rollouts that are this server's own to carry out: claims their cells like any worker, takes a step
/// with each, and reports.
///
/// Its claims are its memory: whatever it was doing when the process died, it finds its cells by its worker's name.
struct DriveKubernetes: Reconciler {
    static let worker = "kubernetes"

    let controlPlane: ControlPlane
    let cluster: Cluster
    let name = "driveKubernetes"
    let period = Duration.seconds(1)

    private struct Task: Sendable {
        var job: KubernetesExecutor.Job
        var key: KubernetesLedger.Key
        /// Time between two looks at a cell that bakes; nil for one that is to be changed.
        var bakePeriod: Duration?
        var isBakeStopped = false
    }

    func step() async throws -> String {
        let rollouts = try controlPlane.store.read { transaction in
            let ended = try transaction.endedRollouts(
                leasedBy: Self.worker, at: controlPlane.rollouts.now().steady)
            return try (controlPlane.rollouts.underWay.all.sorted { $0.rawValue < $1.rawValue } + ended)
                .compactMap { try transaction.rollout($0) }.filter { $0.executor == .kubernetes }.map(\.id)
        }
        guard !rollouts.isEmpty else { return "no rollout is this server's to carry out" }
        var tasks: [Task] = []
        for id in rollouts { tasks += try await take(id) }
        cluster.ledger.keep(only: Set(tasks.map(\.key)))
        let now = controlPlane.clock.uptime()
        let due = tasks.filter { cluster.ledger.isDue($0.key, at: now) }
        try await withThrowingTaskGroup { group in
            for task in due {
                group.addTask { try await task.bakePeriod == nil ? carry(task) : watch(task) }
            }
            try await group.waitForAll()
        }
        return "cells under way: \(tasks.count), looked at: \(due.count)"
    }

    // MARK: Claims

    /// Gives back what is not wanted any more, claims what may be begun, and tells what is to be done.
    private func take(_ id: RolloutID) async throws -> [Task] {
        let context = ChangeContext(principal: .system, operation: name)
        let isHealthy = await isAnswering()
        return try await controlPlane.store.write(as: context) { [controlPlane, cluster] transaction in
            let change = Change(transaction)
            let now = controlPlane.rollouts.now()
            for held in try transaction.look(at: id)?.held(by: Self.worker, at: now.steady) ?? [] {
                let work = held.work
                if held.mustGiveBack {
                    let report = CellReport(
                        token: work.claim.token, release: work.target.release, healthy: false,
                        observedAt: now.steady, message: "the executor has stopped work on it")
                    _ = try change.report(report, of: work.cell, in: id, at: now)
                } else if held.isOver {
                    let again = ClaimRequest(worker: Self.worker, cell: work.cell)
                    _ = try change.claim(again, of: id, by: .kubernetes, at: now)
                }
            }
            // A cell that is claimed while nobody answers would only wait in another place. Of a rollout that was aborted
            // the claims alone are given back: nothing of this process is under way on a cell by now, and a patch that
            // comes late names the version that it was made from.
            let isDone = try transaction.rollout(id)?.life.state.isDone ?? true
            var isMore = isHealthy && !isDone
            while isMore {
                let outcome = try change.claim(
                    ClaimRequest(worker: Self.worker), of: id, by: .kubernetes, at: now)
                isMore = !outcome.isNothing
            }
            guard let run = try transaction.look(at: id) else { return [] }
            return try run.held(by: Self.worker, at: now.steady).filter { !$0.mustGiveBack && !$0.isOver }
                .compactMap { held in
                    var task = try Self.task(held.work, of: id, cluster.namespace, transaction, change, now)
                    if held.bakes { task?.bakePeriod = Self.period(of: run.rollout.strategy) }
                    task?.isBakeStopped = held.isBakeStopped
                    return task
                }
        }
    }

    /// Nil for a cell whose annotations lead nowhere, which is reported.
    private static func task(
        _ work: ClaimedWork, of id: RolloutID, _ namespace: String, _ transaction: ReadTransaction,
        _ change: Change, _ now: RolloutTime
    ) throws -> Task? {
        let annotations = try transaction.cell(work.cell)?.cell.annotations ?? [:]
        do throws(CellPlace.Invalid) {
            let place = try CellPlace(cell: work.cell, annotations: annotations, namespace: namespace)
            return Task(
                job: KubernetesExecutor.Job(rollout: id, work: work, place: place),
                key: KubernetesLedger.Key(rollout: id, cell: work.cell, token: work.claim.token))
        } catch {
            let report = CellReport(
                token: work.claim.token, release: work.target.release, healthy: false, observedAt: now.steady,
                message: error.message)
            _ = try change.report(report, of: work.cell, in: id, at: now)
            return nil
        }
    }

    /// Often enough to see what a short bake is to show.
    private static func period(of strategy: RolloutStrategy) -> Duration {
        max(Limits.kubernetesPollPeriod, min(strategy.bakeTime / 4, Limits.kubernetesBakePeriod))
    }

    private func isAnswering() async -> Bool {
        let client = cluster.executor.client
        return await cluster.threads.run { (try? client.version()) != nil } ?? false
    }

    // MARK: Steps

    private func carry(_ task: Task) async throws {
        let (executor, job) = (cluster.executor, task.job)
        var recorded: [String: String]?
        // Once to record, once to act; more often only where somebody changes the images in between.
        for _ in 0..<3 {
            let outcome = await cluster.threads.run { [recorded] in executor.step(job, recorded: recorded) }
            // Nobody waits any more: the server is stopping.
            guard let outcome else { return }
            guard case .record(let images) = outcome else { return try await report(outcome, of: task) }
            guard try await record(images, of: job) else { return }
            recorded = images
        }
    }

    /// False where the claim is over.
    private func record(_ images: [String: String], of job: KubernetesExecutor.Job) async throws -> Bool {
        try await controlPlane.store.write(as: ChangeContext(principal: .system, operation: name)) {
            transaction in
            guard var run = try transaction.take(job.rollout) else { return false }
            let old = run.rollout
            do throws(RegistryError) {
                try run.recordBefore(images, of: job.work.cell, under: job.work.claim.token)
            } catch {
                return false
            }
            _ = try transaction.save(run, replacing: old)
            return true
        }
    }

    /// A look at a cell that bakes. Said is what is new: that it is not ready any more, is again, or has failed.
    private func watch(_ task: Task) async throws {
        let (executor, job) = (cluster.executor, task.job)
        guard let period = task.bakePeriod,
            let seen = await cluster.threads.run({ executor.look(at: job) })
        else { return }
        let verdict = cluster.ledger.judge(
            seen, of: task.key, period: period, at: controlPlane.clock.uptime())
        switch verdict {
        case .failed(let message): try await report(.unhealthy(message), of: task)
        case .unready(let message) where !task.isBakeStopped: try await note(isReady: false, message, of: job)
        case .ready where task.isBakeStopped: try await note(isReady: true, "is ready again", of: job)
        case .ready, .unready: break
        }
    }

    private func note(isReady: Bool, _ message: String, of job: KubernetesExecutor.Job) async throws {
        try await controlPlane.store.write(as: ChangeContext(principal: .system, operation: name)) {
            [controlPlane] transaction in
            guard var run = try transaction.take(job.rollout) else { return }
            let old = run.rollout
            _ = try run.watch(
                isReady: isReady, message.cut(Limits.reportMessageBytesMax), of: job.work.cell,
                under: job.work.claim.token, at: controlPlane.rollouts.now().steady)
            _ = try transaction.save(run, replacing: old)
        }
    }

    private func report(_ outcome: KubernetesExecutor.Outcome, of task: Task) async throws {
        let work = task.job.work
        guard
            let verdict = cluster.ledger.judge(
                outcome, of: task.key, work, at: controlPlane.clock.uptime())
        else { return }
        try await report(verdict, of: task)
    }

    private func report(_ verdict: KubernetesVerdict, of task: Task) async throws {
        let work = task.job.work
        let context = ChangeContext(principal: .system, operation: name)
        try await controlPlane.store.write(as: context) { [controlPlane] transaction in
            let now = controlPlane.rollouts.now()
            do {
                _ = try Change(transaction).report(
                    verdict.report(work, at: now.steady), of: work.cell, in: task.job.rollout, at: now)
            } catch let error as RegistryError where error.code == .stateConflict {
                // The claim is over, or the rollout has moved on: what there is to do is found at the next step.
            }
        }
    }
}

extension KubernetesVerdict {
    func report(_ work: ClaimedWork, at now: Timestamp) -> CellReport {
        func report(_ healthy: Bool?, reachable: Bool = true, _ message: String) -> CellReport {
            CellReport(
                token: work.claim.token, release: work.target.release, healthy: healthy,
                isReachable: reachable, observedAt: now, message: message.cut(Limits.reportMessageBytesMax))
        }
        return switch self {
        case .underWay(let message): report(nil, message)
        case .healthy(let message): report(true, message)
        case .unhealthy(let message): report(false, message)
        case .unreachable(let message): report(nil, reachable: false, message)
        }
    }
}

extension String {
    fileprivate func cut(_ bytesMax: Int) -> String {
        guard utf8.count > bytesMax else { return self }
        return self[..<utf8.index(startIndex, offsetBy: bytesMax - 3)] + "…"
    }
}
