import Registry

/// What brings releases to cells, beside the store.
public struct Rollouts: Sendable {
    /// What bakes, leases and deadlines are counted by.
    private let steady: SteadyClock
    private let clock: Clock
    let underWay = UnderWay<RolloutID>()
    /// Wakes the reconciler that takes rollouts on.
    let advance = WakeUp()

    /// What has begun, or was decided. Cells, policies and operations may let a rollout go on or stop it, too; but they
    /// change many times a second, each claim and report looks at them itself, and for the rest there is the period.
    static let wokenBy: Set<ResourceKind> = [.rollout]

    let gates: GateSettings
    let meter: GateMeter
    let schedule = GateSchedule()

    /// - Parameter time: the latest that anything happened at in a rollout that is under way.
    init(_ clock: Clock, _ gates: GateSettings, after time: Timestamp?) {
        self.clock = clock
        steady = SteadyClock(clock, after: time)
        self.gates = gates
        meter = GateMeter(gates)
    }

    func now() -> RolloutTime { RolloutTime(steady: steady.now(), wall: clock.now()) }
}
