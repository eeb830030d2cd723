import Registry
import Synchronization

/// What the reconcilers have observed of operations under way, in memory: made again after a start.
///
/// Nothing here is the truth of anything: it shows operators why an operation waits, and holds a monotonic clock beside
/// the wall clock that a freeze's deadline is written in.
final class MoveMonitor: Sendable {
    private struct Observed {
        var waiting: [OperationID: [Int64: [Blocker]]] = [:]
        var ending: [OperationID: [Blocker]] = [:]
        var freezes: [BatchKey: ContinuousClock.Instant] = [:]
        var rests: [BatchKey: ContinuousClock.Instant] = [:]
        var emptied: [Emptying: Revision] = [:]
        var tries: [OperationID: Tries] = [:]
        var calls: [BatchKey: Call] = [:]
    }

    struct BatchKey: Hashable {
        var operation: OperationID
        var number: Int64
        var attempt: Int64 = 0
    }

    /// One operation's cell: what another one has observed of it is about another time.
    private struct Emptying: Hashable {
        var operation: OperationID
        var cell: CellID
    }

    /// How often in a row the tenants of an operation were planned in vain. After a start this is counted anew, from the
    /// shortest pause: a start costs a copier eight tries at the most until the pauses are as long again, and whoever
    /// has mended it is not kept waiting.
    private struct Tries {
        var failures: Int
        /// When they are planned anew, and that as people read it; nil while they are on their way once more.
        var next: (at: ContinuousClock.Instant, shown: Timestamp)?
    }

    /// A mover's call that is under way, or when the next may be made.
    private struct Call {
        var isUnderWay: Bool
        var notBefore: ContinuousClock.Instant
        var failures: Int
    }

    private let state = Mutex(Observed())

    // MARK: Why operations wait

    /// What the operation waits for: on its way, and for its end to be observed.
    func blockers(of operation: OperationID) -> [Blocker] {
        state.withLock { state in
            var found = state.ending[operation] ?? []
            for (_, blockers) in (state.waiting[operation] ?? [:]).sorted(by: { $0.key < $1.key }) {
                for blocker in blockers where !found.contains(blocker) { found.append(blocker) }
            }
            return found
        }
    }

    func blockers(of batch: Batch) -> [Blocker] {
        state.withLock { $0.waiting[batch.operation]?[batch.number] ?? [] }
    }

    /// What the last step found each batch to wait for.
    func observed(waiting: [OperationID: [Int64: [Blocker]]]) { state.withLock { $0.waiting = waiting } }

    /// What the last step found to stand between an operation and its end.
    func observed(ending: [OperationID: [Blocker]]) { state.withLock { $0.ending = ending } }

    // MARK: Freezes

    /// How long the batch has been frozen, as far as this process has seen.
    func frozenFor(_ batch: Batch, at now: ContinuousClock.Instant) -> Duration {
        let key = BatchKey(operation: batch.operation, number: batch.number, attempt: batch.attempt)
        return state.withLock { state in
            guard batch.state == .freezing || batch.state == .cutover else {
                state.freezes[key] = nil
                return .zero
            }
            let since = state.freezes[key] ?? now
            state.freezes[key] = since
            return now - since
        }
    }

    /// How long the batch has rested since its last freeze, as far as this process has seen.
    func restedFor(_ batch: Batch, at now: ContinuousClock.Instant) -> Duration {
        let key = BatchKey(operation: batch.operation, number: batch.number)
        return state.withLock { state in
            guard batch.state == .announced, batch.notBefore != nil else {
                state.rests[key] = nil
                return .zero
            }
            let since = state.rests[key] ?? now
            state.rests[key] = since
            return now - since
        }
    }

    // MARK: Cells that were emptied

    /// The routing revision at which the operation first saw the cell empty.
    func emptied(_ cell: CellID, by operation: OperationID, at revision: Revision) -> Revision {
        let key = Emptying(operation: operation, cell: cell)
        return state.withLock { state in
            let first = state.emptied[key] ?? revision
            state.emptied[key] = first
            return first
        }
    }

    func forget(emptied cell: CellID, by operation: OperationID) {
        state.withLock { $0.emptied[Emptying(operation: operation, cell: cell)] = nil }
    }

    // MARK: Tries in vain

    /// Notes that tenants of the operation were planned in vain, once for each try.
    ///
    /// - Returns: when they may be planned anew; nil where they may be now.
    func rest(of operation: OperationID, at uptime: ContinuousClock.Instant, _ now: Timestamp) -> Timestamp? {
        state.withLock { state in
            var tries = state.tries[operation] ?? Tries(failures: 0, next: nil)
            if tries.next == nil {
                tries.failures += 1
                let pause = Operation.pauseBeforePlanning(afterFailures: tries.failures)
                tries.next = (uptime + pause, now.advanced(byMilliseconds: pause.milliseconds))
                state.tries[operation] = tries
            }
            return tries.next.flatMap { uptime < $0.at ? $0.shown : nil }
        }
    }

    /// The operation's tenants are planned anew.
    func triesAgain(_ operation: OperationID) { state.withLock { $0.tries[operation]?.next = nil } }

    /// The operation has ended.
    func forget(_ operation: OperationID) {
        state.withLock { state in
            state.tries[operation] = nil
            state.emptied = state.emptied.filter { $0.key.operation != operation }
        }
    }

    // MARK: Movers' calls

    /// - Returns: how many calls in a row have gone unanswered; nil where one is under way, or it is too early.
    func beginCall(_ batch: Batch, at now: ContinuousClock.Instant) -> Int? {
        let key = BatchKey(operation: batch.operation, number: batch.number)
        return state.withLock { state in
            let known = state.calls[key] ?? Call(isUnderWay: false, notBefore: now, failures: 0)
            guard !known.isUnderWay, known.notBefore <= now else { return nil }
            state.calls[key] = Call(isUnderWay: true, notBefore: now, failures: known.failures)
            return known.failures
        }
    }

    func endCall(_ batch: Batch, notBefore: ContinuousClock.Instant?, isAnswered: Bool) {
        let key = BatchKey(operation: batch.operation, number: batch.number)
        state.withLock { state in
            guard let notBefore else {
                state.calls[key] = nil
                return
            }
            let failures = isAnswered ? 0 : (state.calls[key]?.failures ?? 0) + 1
            state.calls[key] = Call(isUnderWay: false, notBefore: notBefore, failures: failures)
        }
    }
}
