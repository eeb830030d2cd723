import Registry

/// What a gate is to say of a cell, in one attempt.
struct GateQuestion: Sendable {
    /// Which gate, of which rollout, on which cell: what there is one tally of in an attempt.
    struct Key: Hashable, Sendable {
        var rollout: RolloutID
        var cell: CellID
        var gate: String
    }

    var rollout: RolloutID
    var release: ReleaseName
    var gate: Gate
    var cell: CellID
    var attempt: Int
    /// When the cell was changed: what was seen before says nothing.
    var changedAt: Timestamp
    /// What the newest evidence of the attempt is about.
    var observedAt: Timestamp?
    /// And the report that it is from.
    var reportedAt: Timestamp?

    /// Nil for a cell that does not bake: nothing is asked of it.
    init?(_ gate: Gate, of rollout: Rollout, on cell: RolloutCell) {
        guard cell.state == .baking, let changedAt = cell.changedAt else { return nil }
        self.rollout = rollout.id
        release = rollout.release.name
        self.gate = gate
        self.cell = cell.cell
        attempt = cell.attempt
        self.changedAt = changedAt
        let tally = cell.tally(of: gate)
        (observedAt, reportedAt) = (tally.observedAt, tally.reportedAt)
    }

    var key: Key { Key(rollout: rollout, cell: cell, gate: gate.name) }

    /// When it is first asked: a whole window after the change, so that nothing from before is seen, and each cell at a
    /// time of its own within the interval, so that 500 of them are not asked in the same instant.
    var firstAt: Timestamp {
        let interval = gate.interval.milliseconds
        let share = PlacementPolicy.stableHash("\(cell)/\(gate.name)") % UInt64(max(interval, 1))
        return changedAt.advanced(byMilliseconds: gate.window.milliseconds + Int64(share))
    }

    /// When it is asked next.
    ///
    /// - Parameter asked: when it was last, for an answer that has not become evidence.
    func dueAt(asked: Timestamp?) -> Timestamp {
        guard let last = [asked, observedAt].compactMap(\.self).max() else { return firstAt }
        return max(last.advanced(byMilliseconds: gate.interval.milliseconds), firstAt)
    }

    func evidence(
        _ outcome: GateEvidence.Outcome, value: Double? = nil, _ message: String, at time: Timestamp
    ) -> GateEvidence {
        GateEvidence(
            cell: cell, release: release, attempt: attempt, gate: gate.name, outcome: outcome, value: value,
            message: message.onOneLine.cut(toBytes: Limits.reportMessageBytesMax), observedAt: time)
    }
}
