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
