import Registry
import Store
import TestRandom

// The steps of `AdvanceBatches` and `Change+Batches`.
extension ModelPlane {
    /// A step that was decided from a row as it was.
    struct Decided {
        var operation: Int
        var batch: Batch
        var event: BatchEvent
        var heldBy: Barrier.Guard?
        /// Of a mover that is called.
        var phase: MoverPhase?
    }

    mutating func advanceBatches(at time: SimulatedTime) -> Bool {
        var isTaken = false
        for step in decide(at: time) {
            if step.event == .freeze { saveContacts(at: time) }
            if take(step, at: time) { isTaken = true }
        }
        return isTaken
    }

    /// Decides now and takes later, takes late what was decided long ago, or stops in the middle; a mover answers late.
    mutating func advanceHalfway(at time: SimulatedTime, _ random: inout SeededRandom) {
        switch random.index(6) {
        case 0: late += decide(at: time)
        case 1:
            guard !late.isEmpty else { return }
            _ = take(late.remove(at: random.index(late.count)), at: time)
        case 2:
            let steps = decide(at: time)
            for step in steps.prefix(random.index(steps.count + 1)) { _ = take(step, at: time) }
        case 3: calls += callsWanted(at: time)
        default:
            guard !calls.isEmpty else { return }
            let call = calls[random.index(calls.count)]
            guard let phase = call.phase else { return }
            if random.isChance(90) {
                note(phase, of: call.batch, in: call.operation)
                if phase == .finalCopy { copied(call) }
            } else if ![.cleanup, .undo].contains(phase) {
                _ = take(Decided(operation: call.operation, batch: call.batch, event: .abort), at: time)
            }
            if random.isChance(50) {
                calls.removeAll { $0.batch == call.batch && $0.operation == call.operation }
            }
        }
    }

    private mutating func callsWanted(at time: SimulatedTime) -> [Decided] {
        var wanted: [Decided] = []
        let gateways = barrierGateways(at: time.uptime)
        for (number, operation) in disk.operations.enumerated() {
            for row in operation.batches where !row.batch.state.isEnded && row.batch.state != .planned {
                let situation = situation(number, operation, row, at: time, gateways)
                guard case .call(let phase) = situation.decision else { continue }
                wanted.append(Decided(operation: number, batch: row.batch, event: .abort, phase: phase))
            }
        }
        return wanted
    }

    /// The copy of this freeze is complete; what a copier keeps is on its own disk.
    private mutating func copied(_ call: Decided) {
        copies[
            Freeze(operation: call.operation, batch: Int(call.batch.number), attempt: call.batch.attempt)] =
            true
    }

    /// All that is to be done now, from one look at everything.
    mutating func decide(at time: SimulatedTime) -> [Decided] {
        let now = time.wall
        var steps: [Decided] = []
        memory.waiting = [:]
        guard disk.operations.contains(where: \.isOpen) else { return [] }
        let gateways = barrierGateways(at: time.uptime)
        let before = Places(disk.operations)
        var places = before
        for wantsPlanned in [false, true] {
            for (number, operation) in disk.operations.enumerated() where operation.isOpen {
                for row in operation.batches {
                    let batch = row.batch
                    let isPlanned = batch.state == .planned
                    guard isPlanned == wantsPlanned, !batch.state.isEnded, batch.state != .reversing else {
                        continue
                    }
                    if batch.state == .reversible, batch.windowEndsAt.map({ $0 > now }) ?? true { continue }
                    if isPlanned {
                        let isFull = before.left(number, operation.options.parallel) <= 0
                        let isLookedAt =
                            !operation.life.state.isDone && (!isFull || operation.life.isCancelling)
                        guard isLookedAt else { continue }
                    }
                    var situation = situation(number, operation, row, at: time, gateways)
                    var decision = situation.decision
                    if decision == .take(.begin) {
                        situation.hasPlace = places.take(number, row, operation.options.parallel)
                        decision = situation.decision
                    }
                    switch decision {
                    case .wait(let blockers):
                        if !blockers.isEmpty { memory.waiting[number, default: []] += blockers }
                    case .call:
                        memory.waiting[number, default: []].append(
                            Blocker(kind: "mover", id: "mover", message: "is asked"))
                    case .take(let event):
                        steps.append(Decided(operation: number, batch: batch, event: event))
                    case .pass(let by):
                        steps.append(
                            Decided(operation: number, batch: batch, event: .barrierHeld, heldBy: by))
                    }
                }
            }
        }
        return steps
    }

    private mutating func situation(
        _ number: Int, _ operation: OperationRow, _ row: BatchRow, at time: SimulatedTime,
        _ gateways: [Barrier.Gateway]
    ) -> BatchSituation {
        let batch = row.batch
        let source = row.source
        var options = operation.options
        var frozenFor = frozenFor(batch, of: number, at: time.uptime)
        if fault == .freezeHasNoEnd {
            options.freezeDeadline = .seconds(1 << 40)
            frozenFor = .zero
        }
        var seen = batch
        if fault == .freezeHasNoEnd, batch.freezeDeadline != nil {
            seen.freezeDeadline = Timestamp(rawValue: .max / 2)
        }
        return BatchSituation(
            batch: seen, options: options, life: operation.life,
            isPastDeadline: time.wall >= operation.deadlineAt, now: time.wall, frozenFor: frozenFor,
            barrier: Barrier(gateways: gateways, seal: seal(of: source, batch)),
            hasPlace: true, holds: [], restedFor: restedFor(batch, of: number, at: time.uptime))
    }

    private mutating func frozenFor(_ batch: Batch, of operation: Int, at uptime: Int64) -> Duration {
        let key = Freeze(operation: operation, batch: Int(batch.number), attempt: batch.attempt)
        guard batch.state == .freezing || batch.state == .cutover else {
            memory.freezes[key] = nil
            return .zero
        }
        let since = memory.freezes[key] ?? uptime
        memory.freezes[key] = since
        return .milliseconds(uptime - since)
    }

    private mutating func restedFor(_ batch: Batch, of operation: Int, at uptime: Int64) -> Duration {
        let key = Freeze(operation: operation, batch: Int(batch.number), attempt: 0)
        guard batch.state == .announced, batch.notBefore != nil else {
            memory.rests[key] = nil
            return .zero
        }
        let since = memory.rests[key] ?? uptime
        memory.rests[key] = since
        return .milliseconds(uptime - since)
    }

    /// Of `MovesInView`: batches in flight by operation, source and target.
    struct Places {
        private var operations: [Int: Int] = [:]
        private var sources: [Int: Int] = [:]
        private var targets: [Int: Int] = [:]

        init(_ rows: [OperationRow]) {
            for (number, operation) in rows.enumerated() {
                for row in operation.batches where row.batch.state.isInFlight {
                    operations[number, default: 0] += 1
                    sources[row.source, default: 0] += 1
                    for target in Set(row.moves.filter { $0.state == .moving }.map(\.target)) {
                        targets[target, default: 0] += 1
                    }
                }
            }
        }

        func left(_ number: Int, _ parallel: MigrationOptions.Parallel) -> Int {
            parallel.total - operations[number, default: 0]
        }

        mutating func take(_ number: Int, _ row: BatchRow, _ parallel: MigrationOptions.Parallel) -> Bool {
            let arriving = Set(row.moves.map(\.target))
            let source = row.source
            guard operations[number, default: 0] < parallel.total,
                sources[source, default: 0] < parallel.perSource,
                arriving.allSatisfy({ targets[$0, default: 0] < parallel.perTarget })
            else { return false }
            operations[number, default: 0] += 1
            sources[source, default: 0] += 1
            for target in arriving { targets[target, default: 0] += 1 }
            return true
        }
    }

    // MARK: One step

    /// - Returns: false where somebody has taken the step already.
    mutating func take(_ step: Decided, at time: SimulatedTime) -> Bool {
        guard let position = position(of: step.batch, in: step.operation) else { return false }
        var row = disk.operations[step.operation].batches[position]
        let seen = step.batch
        let isAsSeen =
            row.batch.state == seen.state && row.batch.attempt == seen.attempt
            && row.batch.frozen == seen.frozen && row.batch.announced == seen.announced
        let isTaken: Bool
        switch fault {
        case .cutoverComparesNothing where step.event == .cutOver || step.event == .barrierHeld:
            isTaken = ![.announced, .freezing, .cutover].contains(row.batch.state)
            if !isTaken { row.batch.state = seen.state }
        case .cutoverComparesTheStateAlone: isTaken = row.batch.state != seen.state
        default: isTaken = !isAsSeen
        }
        guard !isTaken, let state = try? row.batch.state.after(step.event) else { return false }
        row.batch.state = state
        changed()
        switch step.event {
        case .begin: begin(&row, time)
        case .prepared, .windowEnded, .reverse, .reversalDone, .reversalFailed: break
        case .copied: announce(&row, time)
        case .freeze: freeze(&row, disk.operations[step.operation].options, time)
        case .barrierHeld: row.batch.heldBy = step.heldBy
        case .freezeExpired: unfreeze(&row, time)
        case .cutOver: cutOver(&row, step.operation, time)
        case .confirmed:
            row.batch.settledAt = now(time)
            row.batch.windowEndsAt = now(time).advanced(
                byMilliseconds: disk.operations[step.operation].options.reverseWindow.milliseconds)
            disk.operations[step.operation].completed += row.batch.moved
            disk.operations[step.operation].failed += row.batch.failed
        case .abort:
            if !disk.operations[step.operation].life.isCancelling {
                row.batch.failed += Int64(row.moves.count(where: \.state.isActive))
            }
            if fault != .abortLeavesTenantsFrozen {
                setStates(row, from: [.migrating, .frozen], to: .serving, time)
            }
        case .undone:
            for index in row.moves.indices where row.moves[index].state.isActive {
                finish(&row.moves[index], as: .returned)
            }
            row.batch.settledAt = now(time)
            disk.operations[step.operation].failed += row.batch.failed
        }
        disk.operations[step.operation].batches[position] = row
        return true
    }

    func position(of batch: Batch, in operation: Int) -> Int? {
        disk.operations[operation].batches.firstIndex { $0.batch.number == batch.number }
    }

    /// What the mover has done, as `Change.note`.
    mutating func note(_ phase: MoverPhase, of seen: Batch, in operation: Int) {
        guard let position = position(of: seen, in: operation) else { return }
        let batch = disk.operations[operation].batches[position].batch
        guard batch.state == seen.state,
            fault == .copyOfAnEarlierFreezeCounts
                || (batch.attempt == seen.attempt && batch.frozen == seen.frozen)
        else { return }
        disk.operations[operation].batches[position].batch.phase = phase
    }

    private mutating func begin(_ row: inout BatchRow, _ time: SimulatedTime) {
        row.batch.beganAt = now(time)
        row.batch.notBefore = nil
        for index in row.moves.indices where row.moves[index].state.isActive {
            if disk.cells[row.moves[index].target].life.state == .active {
                row.moves[index].state = .moving
            } else {
                fail(&row, index)
            }
        }
    }

    private mutating func announce(_ row: inout BatchRow, _ time: SimulatedTime) {
        for tenant in standing(&row) where disk.routes[tenant].state == .serving {
            set(.migrating, tenant, time)
        }
        row.batch.announced = Revision(rawValue: disk.routingRevision)
    }

    private mutating func freeze(_ row: inout BatchRow, _ options: MigrationOptions, _ time: SimulatedTime) {
        row.batch.attempt += 1
        row.batch.frozenAt = now(time)
        row.batch.freezeDeadline = now(time).advanced(byMilliseconds: options.freezeDeadline.milliseconds)
        row.batch.notBefore = nil
        for tenant in standing(&row) {
            let state = disk.routes[tenant].state
            let isUnfrozen = fault == .announcementIsUsedAgain && state == .serving
            if state == .migrating || isUnfrozen { set(.frozen, tenant, time) }
        }
        row.batch.frozen = Revision(rawValue: disk.routingRevision)
    }

    private mutating func unfreeze(_ row: inout BatchRow, _ time: SimulatedTime) {
        // The announcement stands, which is safe only because the tenants stay as announced.
        let isServing = fault == .announcementIsUsedAgain
        setStates(row, from: [.frozen], to: isServing ? .serving : .migrating, time)
        row.batch.notBefore = now(time).advanced(
            byMilliseconds: row.batch.pauseBetweenFreezes.milliseconds)
        row.batch.freezeDeadline = nil
        row.batch.frozen = nil
        row.batch.frozenAt = nil
        row.batch.heldBy = nil
        if row.batch.phase == .finalCopy { row.batch.phase = .catchUp }
    }

    private mutating func cutOver(_ row: inout BatchRow, _ operation: Int, _ time: SimulatedTime) {
        let freeze = Freeze(operation: operation, batch: Int(row.batch.number), attempt: row.batch.attempt)
        if disk.operations[operation].options.mover != .none, copies[freeze] == nil { isDataLost = true }
        for index in row.moves.indices where row.moves[index].state.isActive {
            let move = row.moves[index]
            let old = disk.routes[move.tenant]
            guard old.cell == move.source, old.epoch == move.epoch else {
                fail(&row, index)
                continue
            }
            let isStill = old.state == .frozen || old.state == .suspended || fault == .cutoverComparesNothing
            guard isStill, disk.cells[move.target].life.state == .active else {
                if old.state == .frozen { set(.serving, move.tenant, time) }
                fail(&row, index)
                continue
            }
            finish(&row.moves[index], as: .moved)
            save(
                move.tenant,
                SimulatedRoute(
                    cell: move.target, epoch: old.epoch + 1,
                    state: old.state == .suspended ? .suspended : .serving),
                time)
            row.batch.moved += 1
        }
        row.batch.cutoverAt = now(time)
        row.batch.cutover = Revision(rawValue: disk.routingRevision)
    }

    // MARK: The tenants of a batch

    /// Those that are where the plan expects them; the moves of others fail.
    private mutating func standing(_ row: inout BatchRow) -> [Int] {
        var tenants: [Int] = []
        for index in row.moves.indices where row.moves[index].state.isActive {
            let move = row.moves[index]
            let route = disk.routes[move.tenant]
            if route.cell == move.source, route.epoch == move.epoch {
                tenants.append(move.tenant)
            } else {
                fail(&row, index)
            }
        }
        return tenants
    }

    private mutating func setStates(
        _ row: BatchRow, from states: Set<TenantState>, to state: TenantState, _ time: SimulatedTime
    ) {
        for move in row.moves where move.state.isActive {
            let route = disk.routes[move.tenant]
            if route.cell == move.source, states.contains(route.state) { set(state, move.tenant, time) }
        }
    }

    private mutating func fail(_ row: inout BatchRow, _ index: Int) {
        finish(&row.moves[index], as: .failed)
        row.batch.failed += 1
    }

    private mutating func finish(_ move: inout MoveRow, as state: Move.State) {
        if move.state.isActive, fault != .givesNothingBack || state == .moved {
            disk.cells[move.target].reserved -= setup.loads[move.tenant]
            disk.cells[move.target].incoming -= 1
        }
        move.state = state
    }
}
