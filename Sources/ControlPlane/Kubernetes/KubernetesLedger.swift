import Registry
import Synchronization

/// What is remembered of the cells under way, for as long as this process lives: since when something lasts, and when to
/// look again. Losing it costs time alone.
final class KubernetesLedger: Sendable {
    struct Key: Hashable, Sendable {
        var rollout: RolloutID
        var cell: CellID
        var token: FencingToken
    }

    struct Entry: Sendable {
        var notBefore: ContinuousClock.Instant?
        var troubledSince: [String: ContinuousClock.Instant] = [:]
        var silentSince: ContinuousClock.Instant?
        var saidAt: ContinuousClock.Instant?
        var said = ""
        /// While it bakes: the restarts that there were at the first look, or that came with a pod.
        var restarts: KubernetesExecutor.Bake.Restarts = [:]
        var unreadySince: ContinuousClock.Instant?
    }

    private let entries = Mutex<[Key: Entry]>([:])

    func isDue(_ key: Key, at now: ContinuousClock.Instant) -> Bool {
        entries.withLock { ($0[key]?.notBefore).map { now >= $0 } ?? true }
    }

    func keep(only keys: Set<Key>) {
        entries.withLock { entries in entries = entries.filter { keys.contains($0.key) } }
    }

    /// What there is to report; nil: nothing new.
    func judge(
        _ outcome: KubernetesExecutor.Outcome, of key: Key, _ work: ClaimedWork,
        at now: ContinuousClock.Instant
    ) -> KubernetesVerdict? {
        entries.withLock { entries in
            var entry = entries[key] ?? Entry()
            defer { entries[key] = entry }
            return entry.judge(outcome, work, at: now)
        }
    }

    /// What a look at a cell that bakes says of it.
    ///
    /// - Parameter period: until the next look.
    func judge(
        _ bake: KubernetesExecutor.Bake, of key: Key, period: Duration, at now: ContinuousClock.Instant
    ) -> BakeVerdict {
        entries.withLock { entries in
            var entry = entries[key] ?? Entry()
            defer { entries[key] = entry }
            entry.notBefore = now + period
            return entry.judge(bake, at: now)
        }
    }
}

/// What comes of a look at a cell that bakes.
enum BakeVerdict: Sendable, Equatable {
    case ready
    /// Its bake clock stands until it is ready again.
    case unready(String)
    case failed(String)
}

/// What is reported of a cell.
enum KubernetesVerdict: Sendable, Equatable {
    case underWay(String)
    case healthy(String)
    case unhealthy(String)
    case unreachable(String)
}

extension KubernetesLedger.Entry {
    mutating func judge(
        _ outcome: KubernetesExecutor.Outcome, _ work: ClaimedWork, at now: ContinuousClock.Instant
    ) -> KubernetesVerdict? {
        notBefore = now + Limits.kubernetesPollPeriod
        switch outcome {
        case .silent, .refused: break
        case .record, .working, .troubled, .ready, .failed: silentSince = nil
        }
        switch outcome {
        case .ready(let message): return .healthy(message)
        case .failed(let message): return .unhealthy(message)
        case .record: return nil
        case .working(let message):
            troubledSince = [:]
            return underWay(message, work, at: now)
        case .troubled(let pods, let message):
            troubledSince = Dictionary(uniqueKeysWithValues: pods.map { ($0, troubledSince[$0] ?? now) })
            let isLasting = troubledSince.values.contains { now - $0 >= Limits.podTroubleMax }
            return isLasting ? .unhealthy(message) : underWay(message, work, at: now)
        case .silent(let message, let retryAfter):
            notBefore = now + max(retryAfter ?? .zero, Limits.kubernetesPollPeriod)
            let since = silentSince ?? now
            silentSince = since
            // On the way back there is nothing else that could be done: it is tried until the progress deadline.
            let isLasting = work.action == .update && now - since >= work.claim.lease
            return isLasting ? .unreachable(message) : underWay(message, work, at: now)
        case .refused(let message):
            return work.action == .update ? .unreachable(message) : underWay(message, work, at: now)
        }
    }

    /// A container that is started again has failed under its load, and that is what a bake is to show. A pod that was moved
    /// away is ready again soon; one that is not has failed as well.
    mutating func judge(_ bake: KubernetesExecutor.Bake, at now: ContinuousClock.Instant) -> BakeVerdict {
        switch bake {
        case .failed(let message): return .failed(message)
        // Nothing is known of the cell, which speaks neither for it nor against it.
        case .unseen(let message): return .unready(message)
        case .ready(let counted), .unready(_, let counted):
            for (uid, now) in counted.sorted(by: { $0.value.pod < $1.value.pod }) {
                let before = restarts[uid]?.count ?? now.count
                if now.count > before {
                    return .failed(
                        "containers of pod \(now.pod) were started again while it baked, \(now.count) times in all"
                    )
                }
            }
            restarts = counted
        }
        guard case .unready(let message, _) = bake else {
            unreadySince = nil
            return .ready
        }
        let since = unreadySince ?? now
        unreadySince = since
        return now - since >= Limits.podTroubleMax ? .failed(message) : .unready(message)
    }

    /// Said where it is new, and else often enough for the lease.
    private mutating func underWay(
        _ message: String, _ work: ClaimedWork, at now: ContinuousClock.Instant
    ) -> KubernetesVerdict? {
        let isDue = saidAt.map { now - $0 >= work.claim.lease / 3 } ?? true
        guard isDue || message != said else { return nil }
        (said, saidAt) = (message, now)
        return .underWay(message)
    }
}
