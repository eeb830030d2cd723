import JSON

/// A cell in a rollout.
public struct RolloutCell: Sendable, Equatable {
    public var cell: CellID
    public var zone: String
    /// From 1.
    public var wave: Int
    /// Its place in the whole order, from 0.
    public var place: Int
    public var life: RolloutCellLife
    /// Grows with each new try, also of the way back; 0 before the first. A claim that takes over is the same try.
    public var attempt: Int
    /// What it ran when it was first claimed: what a rollback brings it to.
    public var before: CellVersions?
    /// The latest, with its lease, which may be over.
    public var claim: Claim?
    /// When the attempt was first claimed.
    public var startedAt: Timestamp?
    /// When the attempt's first accepted word came.
    public var reportedAt: Timestamp?
    /// When it was accepted that the cell runs the release. No evidence from before counts.
    public var changedAt: Timestamp?
    /// When its bake clock started; nil while the newest evidence is bad.
    public var healthySince: Timestamp?
    public var endedAt: Timestamp?
    /// The last thing that there was to say about it: why it failed or was skipped, or its worker's words.
    public var message: String
    public var tallies: [GateTally]

    public init(cell: CellID, zone: String, wave: Int, place: Int) {
        self.cell = cell
        self.zone = zone
        self.wave = wave
        self.place = place
        life = RolloutCellLife(.pending)
        attempt = 0
        message = ""
        tallies = []
    }

    public var state: RolloutCellState { life.state }

    /// Somebody may still be changing it.
    public func isLeased(at now: Timestamp) -> Bool { claim?.isLive(at: now) ?? false }

    /// The bake's end, if nothing bad is seen until then.
    public func bakesUntil(_ strategy: RolloutStrategy) -> Timestamp? {
        healthySince?.advanced(byMilliseconds: strategy.bakeTime.milliseconds)
    }

    /// When the attempt has taken too long; nil where nothing is under way.
    ///
    /// A bake may be interrupted once and begin anew, and gates that look back need their window to lie after the change.
    public func deadline(_ strategy: RolloutStrategy) -> Timestamp? {
        switch state {
        case .updating, .rollingBack:
            return startedAt?.advanced(byMilliseconds: strategy.progressDeadline.milliseconds)
        case .baking:
            let window = strategy.gates.map(\.window).max() ?? .zero
            let time = strategy.bakeTime * 2 + window + strategy.progressDeadline
            return changedAt?.advanced(byMilliseconds: time.milliseconds)
        case .pending, .succeeded, .failed, .unreachable, .skipped, .abandoned, .rollbackPending, .rolledBack,
            .rollbackFailed:
            return nil
        }
    }

    public func tally(of gate: Gate) -> GateTally {
        tallies.first { $0.gate == gate.name } ?? GateTally(gate: gate.name)
    }

    /// The first gate that has decided against it.
    func failingGate(_ strategy: RolloutStrategy) -> GateTally? {
        for gate in strategy.gates {
            let tally = tally(of: gate)
            if tally.verdict(of: gate) == .failing { return tally }
        }
        return nil
    }

    /// It has been healthy for the bake time, and every gate says so by what it saw at its end.
    func hasBaked(_ strategy: RolloutStrategy, at now: Timestamp) -> Bool {
        guard let end = bakesUntil(strategy), now >= end else { return false }
        return strategy.gates.allSatisfy { tally(of: $0).passes($0, bakedAt: end) }
    }
}

extension RolloutCell {
    /// - Throws: `stateConflict` for what can't happen in its state; nothing has changed then.
    mutating func take(
        _ event: RolloutCellEvent, _ message: String, at now: Timestamp
    ) throws(RegistryError) {
        let after = try life.after(event)
        let isNew = after.state != life.state
        life = after
        if !message.isEmpty { self.message = message }
        guard isNew else { return }
        switch after.state {
        case .baking:
            (changedAt, healthySince, tallies, endedAt) = (now, now, [], nil)
        case .failed, .unreachable, .rollbackFailed:
            (healthySince, endedAt) = (nil, now)
        case .succeeded, .skipped, .abandoned, .rolledBack:
            endedAt = now
        case .pending, .updating, .rollbackPending, .rollingBack:
            endedAt = nil
        }
    }

    /// - Parameter before: what it is to run now; kept at the first claim alone.
    /// - Throws: `stateConflict`.
    mutating func begin(
        _ claim: Claim, before: CellVersions, at now: Timestamp
    ) throws(RegistryError) {
        let isTakeover = life.isInFlight
        try take(.claim, "", at: now)
        self.claim = claim
        if self.before == nil { self.before = before }
        guard !isTakeover else { return }
        attempt += 1
        message = ""
        (startedAt, reportedAt, changedAt, tallies) = (now, nil, nil, [])
        // The way back takes the broken ones first, so what it was is kept until it is back.
        if state == .updating { healthySince = nil }
    }
}
