import Registry

/// What brings releases to cells, beside the store.
public struct Rollouts: Sendable {
    /// What bakes, leases and deadlines are counted by.
    let steady: SteadyClock
    let underWay = UnderWay<RolloutID>()
    /// Wakes the reconciler that takes rollouts on.
    let advance = WakeUp()

    /// A change of these may let a rollout go on, or stop it.
    static let wokenBy: Set<ResourceKind> = [.rollout, .cell, .policies, .operation]

    let gates: GateSettings
    let meter: GateMeter
    let schedule = GateSchedule()

    init(_ clock: Clock, _ gates: GateSettings) {
        steady = SteadyClock(clock)
        self.gates = gates
        meter = GateMeter(gates)
    }
}
