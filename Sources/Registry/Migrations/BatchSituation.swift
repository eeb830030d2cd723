/// All that decides a batch's next step.
///
/// Pure: the same situation always has the same answer. The reconciler that makes it can be stopped between any two
/// steps, and run again, because nothing but the batch's row says where it stands.
public struct BatchSituation: Sendable {
    public var batch: Batch
    public var options: MigrationOptions
    public var life: OperationLife
    public var isPastDeadline: Bool
    public var now: Timestamp
    /// How long the tenants have been frozen by a clock that never goes back, as far as this process has seen.
    public var frozenFor: Duration
    /// How long they have been announced since the last freeze expired, by the same clock.
    public var restedFor: Duration
    public var barrier: Barrier
    /// False while `maxParallel` or another batch's targets leave no place for it.
    public var hasPlace: Bool
    /// Safety rules that forbid to begin or freeze anything now.
    public var holds: [Blocker]

    public init(
        batch: Batch, options: MigrationOptions, life: OperationLife, isPastDeadline: Bool, now: Timestamp,
        frozenFor: Duration, barrier: Barrier, hasPlace: Bool, holds: [Blocker],
        restedFor: Duration = .zero
    ) {
        self.batch = batch
        self.options = options
        self.life = life
        self.isPastDeadline = isPastDeadline
        self.now = now
        self.frozenFor = frozenFor
        self.restedFor = restedFor
        self.barrier = barrier
        self.hasPlace = hasPlace
        self.holds = holds
    }
}

public enum BatchDecision: Sendable, Equatable {
    /// Nothing is to be done now; the blockers are what it waits for, if that has a name.
    case wait([Blocker])
    case call(MoverPhase)
    case take(BatchEvent)
    /// The barrier lets the cutover through.
    case pass(Barrier.Guard)
}

extension BatchSituation {
    public var decision: BatchDecision {
        switch batch.state {
        case .planned:
            if mustAbort { return .take(.abort) }
            if let notBefore = batch.notBefore, now < notBefore { return .wait([]) }
            return begins ?? (hasPlace ? .take(.begin) : .wait([]))
        case .preparing:
            if mustAbort { return .take(.abort) }
            return isPaused ? .wait([]) : unless(done: .prepare) ?? .take(.prepared)
        case .copying:
            if mustAbort { return .take(.abort) }
            if isPaused { return .wait([]) }
            return unless(done: .copy) ?? unless(done: .catchUp) ?? begins ?? .take(.copied)
        case .announced:
            return mustAbort ? .take(.abort) : begins ?? freezes
        case .freezing:
            return life.isCancelling ? .take(.abort) : passes
        case .cutover:
            if life.isCancelling { return .take(.abort) }
            if isFreezeOver { return .take(mustAbort ? .abort : .freezeExpired) }
            return unless(done: .finalCopy) ?? .take(.cutOver)
        case .confirming:
            guard let cutover = batch.cutover else { return .wait([]) }
            switch barrier.isConfirmed(cutover: cutover) {
            case .held: return .take(.confirmed)
            case .waiting(let blockers): return .wait(blockers)
            }
        case .reversible:
            guard let end = batch.windowEndsAt, now >= end else { return .wait([]) }
            return unless(done: .cleanup) ?? .take(.windowEnded)
        case .aborting:
            // What was never begun has left nothing behind.
            return (batch.beganAt == nil ? nil : unless(done: .undo)) ?? .take(.undone)
        case .done, .aborted, .reversing, .reversed:
            return .wait([])
        }
    }

    /// Until when the batch's step is still to come; nil where it is not for that that it waits.
    public var pause: Blocker? {
        guard batch.state == .planned, life.state == .running, !mustAbort, let notBefore = batch.notBefore,
            now < notBefore
        else { return nil }
        return Blocker(
            kind: Blocker.pauseKind, id: "batch \(batch.number)",
            message: "the next step begins with it at \(notBefore), as 'stepPause' says")
    }

    /// What is not cut over must go back. Not asked where the tenants are frozen but for a cancel: a freeze that has
    /// begun is brought to its end, which is near.
    private var mustAbort: Bool {
        life.isCancelling || (isPastDeadline && options.onStragglers == .abort)
    }

    private var isPaused: Bool { life.state == .paused }
    private var isForced: Bool { isPastDeadline && options.onStragglers == .force }

    /// Why nothing may be begun now; nil where it may.
    private var begins: BatchDecision? {
        isPaused ? .wait([]) : holds.isEmpty ? nil : .wait(holds)
    }

    private var freezes: BatchDecision {
        // Over by either clock: one that has been put back must not make it an hour.
        if let notBefore = batch.notBefore, now < notBefore, restedFor < batch.pauseBetweenFreezes {
            return .wait([
                Blocker(
                    kind: "batch", id: String(batch.number),
                    message: "its last freeze expired; the next may begin at \(notBefore)")
            ])
        }
        guard let announced = batch.announced else { return .wait([]) }
        switch barrier.isReady(announced: announced) {
        case .held: return .take(.freeze)
        case .waiting(let blockers): return isForced ? .take(.freeze) : .wait(blockers)
        }
    }

    private var passes: BatchDecision {
        guard let announced = batch.announced, let frozen = batch.frozen else { return .wait([]) }
        let verdict = barrier.isHeld(announced: announced, frozen: frozen)
        if isFreezeOver {
            return isForced ? .pass(.force) : .take(mustAbort ? .abort : .freezeExpired)
        }
        switch verdict {
        case .held(let by): return .pass(by)
        case .waiting(let blockers): return .wait(blockers)
        }
    }

    /// By either clock, so that one that jumps can only end a freeze early. Where the barrier was forced at the
    /// deadline, the last copy has as long again.
    private var isFreezeOver: Bool {
        let grace = batch.heldBy == .force ? options.freezeDeadline : .zero
        guard let deadline = batch.freezeDeadline else { return true }
        return now >= deadline.advanced(byMilliseconds: grace.milliseconds)
            || frozenFor >= options.freezeDeadline + grace
    }

    private func unless(done phase: MoverPhase) -> BatchDecision? {
        switch options.mover {
        case .none: nil
        case .webhook: batch.hasDone(phase) ? nil : .call(phase)
        }
    }
}

extension Batch {
    /// From an expired freeze to the next attempt: twice as long each time.
    public var pauseBetweenFreezes: Duration {
        min(.seconds(Int64(1) << min(attempt, 6)), Limits.freezePauseMax)
    }

    /// The phases on the way forward are done one after the other; `cleanup` and `undo` each end a way of their own.
    func hasDone(_ wanted: MoverPhase) -> Bool {
        let forward: [MoverPhase] = [.prepare, .copy, .catchUp, .finalCopy]
        guard let phase else { return false }
        guard let wantedStep = forward.firstIndex(of: wanted), let step = forward.firstIndex(of: phase) else {
            return phase == wanted
        }
        return step >= wantedStep
    }
}
