// Which cells may be begun now, and whom the rollout waits for.
extension RolloutSituation {
    typealias Line = (claimable: [Int], blockers: [Blocker])

    /// Places that are left: of `maxParallel`, and of each zone. Counted down while cells are put in line, so that all in
    /// line can be claimed.
    private struct Places {
        var left: Int
        var byZone: [String: Int]

        /// True, and one place less, where there is one.
        mutating func take(in zone: String, countsInZone: Bool) -> Bool {
            guard left > 0 else { return false }
            if countsInZone {
                let zoneLeft = byZone[zone] ?? Int.max
                guard zoneLeft > 0 else { return false }
                if zoneLeft != Int.max { byZone[zone] = zoneLeft - 1 }
            }
            left -= 1
            return true
        }
    }

    private func places(used inFlight: Int, by isUsed: (RolloutCell) -> Bool) -> Places {
        var byZone: [String: Int] = [:]
        if strategy.maxUnavailablePerZone != nil {
            var sizes: [String: (cells: Int, used: Int)] = [:]
            for cell in cells {
                var size = sizes[cell.zone] ?? (0, 0)
                size.cells += 1
                if isUsed(cell) { size.used += 1 }
                sizes[cell.zone] = size
            }
            byZone = sizes.mapValues { strategy.unavailableMax(ofZoneWith: $0.cells) - $0.used }
        }
        return Places(left: strategy.maxParallel - inFlight, byZone: byZone)
    }

    // MARK: Forward

    var forwardLine: Line {
        var line: Line = ([], [])
        guard rollout.life.state == .running || rollout.life.state == .paused else {
            return (
                [],
                [
                    Blocker(
                        kind: "approval", id: String(rollout.wave + 1),
                        message: "wave \(rollout.wave + 1) waits for :approve or :reject")
                ]
            )
        }
        let mayBegin = rollout.life.state == .running && holds.isEmpty
        var places = places(used: cells.count(where: \.life.isInFlight), by: \.life.isUnavailable)
        var isCrowded = false
        // A cell of an earlier wave that was taken up again must come out well before the wave goes on; but what was
        // begun of it is brought to its end, for it may hold the places that the earlier one needs.
        let front = cells.lazy.filter { !isSettled($0) }.map(\.wave).min() ?? 0
        for index in cells.indices where cells[index].wave <= rollout.wave {
            let cell = cells[index]
            switch cell.state {
            case .updating:
                if cell.isLeased(at: now) {
                    line.blockers.append(blocker(cell, "is changed by '\(cell.claim?.worker ?? "")'"))
                } else {
                    // Half changed already, so it is brought to its end whatever holds, and takes no other place.
                    line.claimable.append(index)
                    line.blockers.append(
                        blocker(cell, "is half changed: the lease of '\(cell.claim?.worker ?? "")' is over"))
                }
            case .pending, .unreachable:
                if cell.state == .unreachable {
                    guard strategy.unreachable == .wait else { continue }
                    line.blockers.append(blocker(cell, "can't be reached: \(cell.message)"))
                    guard let endedAt = cell.endedAt, now >= endedAt.afterUnreachablePause else { continue }
                }
                let holds = facts(of: cell).holds
                guard holds.isEmpty else {
                    line.blockers += holds
                    continue
                }
                guard !cell.isLeased(at: now) else {
                    line.blockers.append(blocker(cell, "is still held by '\(cell.claim?.worker ?? "")'"))
                    continue
                }
                guard mayBegin, cell.wave == front || cell.life.isTouched else { continue }
                if places.take(in: cell.zone, countsInZone: !cell.life.isUnavailable) {
                    line.claimable.append(index)
                } else {
                    isCrowded = true
                }
            case .baking:
                line.blockers.append(blocker(cell, bakes(cell)))
            case .succeeded, .failed, .skipped, .abandoned, .rollbackPending, .rollingBack, .rolledBack,
                .rollbackFailed:
                continue
            }
        }
        if rollout.life.state == .running { line.blockers = holds + line.blockers }
        if isCrowded { line.blockers += crowdedZones }
        return named(line)
    }

    private func bakes(_ cell: RolloutCell) -> String {
        guard let end = cell.bakesUntil(strategy) else { return "bakes, and its newest evidence is bad" }
        guard now >= end else { return "bakes until \(end)" }
        let waiting = strategy.gates.filter { !cell.tally(of: $0).passes($0, bakedAt: end) }
        let names = waiting.map { gate in
            let tally = cell.tally(of: gate)
            return tally.newest == .missing ? "\(gate.name) (no data)" : gate.name
        }
        return "has baked, and waits for the gates \(names.joined(separator: ", "))"
    }

    /// Zones whose places are taken by cells that nobody works on: without a hand they stay so.
    private var crowdedZones: [Blocker] {
        guard strategy.maxUnavailablePerZone != nil else { return [] }
        let broken = cells.filter { $0.life.isUnavailable && !$0.life.isInFlight }
        return Set(broken.map(\.zone)).sorted().map { zone in
            let names = broken.filter { $0.zone == zone }.prefix(3).map(\.cell.rawValue)
            return Blocker(
                kind: "zone", id: zone,
                message: "has unavailable cells: \(names.joined(separator: ", ")); :retry or :rollback them")
        }
    }

    // MARK: Back

    /// What has become of cells on the way back, and which are to go back at all.
    func returning() -> [RolloutStep.CellChange] {
        cells.indices.compactMap { index in
            let cell = cells[index]
            func change(_ event: RolloutCellEvent, _ message: String) -> RolloutStep.CellChange {
                RolloutStep.CellChange(index: index, event: event, message: message)
            }
            switch cell.state {
            case .pending: return change(.undo, cell.life.isTouched ? "" : "was not begun")
            case .updating, .baking, .succeeded, .failed, .unreachable, .abandoned: return change(.undo, "")
            case .rollbackPending:
                let facts = facts(of: cell)
                if let other = facts.takenBy { return change(.skip, "\(other) has changed it since") }
                return facts.isGone ? change(.skip, "the cell is gone from the registry") : nil
            case .rollingBack:
                guard let deadline = cell.deadline(strategy), now >= deadline else { return nil }
                return change(.late, "was not back by its deadline, \(deadline)")
            case .skipped, .rolledBack, .rollbackFailed: return nil
            }
        }
    }

    var returned: RolloutStep.Change? {
        var failed = false
        for cell in cells {
            switch cell.state {
            case .skipped, .rolledBack: continue
            case .rollbackFailed: failed = true
            case .pending, .updating, .baking, .succeeded, .failed, .unreachable, .abandoned,
                .rollbackPending, .rollingBack:
                return nil
            }
        }
        return .event(failed ? .fail : .returned, nil)
    }

    /// The broken ones first, for they hurt; then those that were changed last.
    var backLine: Line {
        var line: Line = ([], [])
        let mayBegin = rollout.life.state == .rollingBack
        let inFlight = { (cell: RolloutCell) in
            cell.state == .rollingBack || (cell.state == .rollbackPending && cell.isLeased(at: now))
        }
        var places = places(used: cells.count(where: inFlight), by: inFlight)
        let order = cells.indices.sorted { a, b in
            let (x, y) = (cells[a], cells[b])
            if (x.healthySince == nil) != (y.healthySince == nil) { return x.healthySince == nil }
            if x.startedAt != y.startedAt { return (x.startedAt ?? now) > (y.startedAt ?? now) }
            return x.place > y.place
        }
        for index in order {
            let cell = cells[index]
            guard cell.state == .rollbackPending || cell.state == .rollingBack else { continue }
            let worker = cell.claim?.worker ?? ""
            if cell.isLeased(at: now) {
                let doing = cell.state == .rollingBack ? "is rolled back by" : "is still held by"
                line.blockers.append(blocker(cell, "\(doing) '\(worker)'"))
            } else if cell.state == .rollingBack {
                line.claimable.append(index)
                line.blockers.append(blocker(cell, "is half rolled back: the lease of '\(worker)' is over"))
            } else {
                let holds = facts(of: cell).holds
                line.blockers += holds
                if mayBegin, holds.isEmpty, places.take(in: cell.zone, countsInZone: true) {
                    line.claimable.append(index)
                }
            }
        }
        return named(line)
    }

    // MARK: Both ways

    /// Where cells wait for nobody but an executor, it says so.
    private func named(_ line: Line) -> Line {
        guard !line.claimable.isEmpty, rollout.life.state != .paused else { return line }
        var line = line
        let count = line.claimable.count
        let wait = count == 1 ? "waits for it to claim it" : "wait for it to claim them"
        line.blockers.append(
            Blocker(
                kind: "executor", id: rollout.executor.rawValue, message: "\(count.counted("cell")) \(wait)"))
        return line
    }

    private func blocker(_ cell: RolloutCell, _ message: String) -> Blocker {
        Blocker(kind: "cell", id: cell.cell.rawValue, message: message)
    }

    /// The next instant at which time alone changes something.
    var wakeAt: Timestamp? {
        var times: [Timestamp] = []
        for cell in cells {
            if let deadline = cell.deadline(strategy) { times.append(deadline) }
            if cell.state == .baking, let end = cell.bakesUntil(strategy) { times.append(end) }
            if let claim = cell.claim, claim.isLive(at: now) { times.append(claim.leaseEndsAt) }
            if cell.state == .unreachable, strategy.unreachable == .wait, let endedAt = cell.endedAt {
                times.append(endedAt.afterUnreachablePause)
            }
        }
        if rollout.life.state == .running {
            times.append(
                rollout.progressAt.advanced(byMilliseconds: strategy.progressDeadline.milliseconds))
        }
        if rollout.life.state == .awaitingApproval, let asked = rollout.askedAt,
            let approval = strategy.approval
        {
            times.append(asked.advanced(byMilliseconds: approval.timeout.milliseconds))
        }
        return times.filter { $0 > now }.min()
    }
}

extension Timestamp {
    var afterUnreachablePause: Timestamp {
        advanced(byMilliseconds: Limits.unreachablePause.milliseconds)
    }
}
