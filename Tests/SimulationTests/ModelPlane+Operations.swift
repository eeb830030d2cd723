import Registry
import Store

// What operators ask for, and `EndOperations`.
extension ModelPlane {
    mutating func ask(_ wish: SimulatedWish, at time: SimulatedTime) -> Bool {
        // What is refused leaves nothing behind.
        let before = disk
        let isDone = grant(wish, at: time)
        if !isDone { disk = before }
        return isDone
    }

    private mutating func grant(_ wish: SimulatedWish, at time: SimulatedTime) -> Bool {
        switch wish {
        case .migrate(let tenants, let to, let options):
            guard tenants.allSatisfy({ isAtRest($0) && disk.routes[$0].cell != to }) else { return false }
            return start(
                .migration, tenants, targets: Dictionary(uniqueKeysWithValues: tenants.map { ($0, to) }),
                options.standard, at: time)
        case .drain(let cell, let options):
            if emptying(cell) != nil { return true }
            let leaving = [(cell: cell, schedulable: wasSchedulable(cell))]
            let tenants = disk.routes.indices.filter { disk.routes[$0].cell == cell && isAtRest($0) }
            let active = disk.cells.indices.filter { disk.cells[$0].life.state == .active }
            guard active != [cell], move(cell, .drain, time) else { return false }
            return start(.drain, tenants, targets: [:], options.standard, leaving: leaving, at: time)
        case .undrain(let cell):
            if let running = emptying(cell) {
                guard control(running, .cancel, time) else { return false }
            }
            return move(cell, .undrain, time)
        case .reverse(let operation): return reverse(operation, at: time)
        case .control(let operation, let event): return control(operation, event, time)
        case .suspend(let tenant):
            switch disk.routes[tenant].state {
            case .suspended: return true
            case .serving where isAtRest(tenant): set(.suspended, tenant, time)
            case .serving, .migrating, .frozen: return false
            }
            return true
        case .resume(let tenant):
            switch disk.routes[tenant].state {
            case .serving: return true
            case .suspended where isAtRest(tenant): set(.serving, tenant, time)
            case .suspended, .migrating, .frozen: return false
            }
            return true
        }
    }

    private func emptying(_ cell: Int) -> Int? {
        disk.operations.firstIndex { operation in
            !operation.life.state.isDone && operation.leaving.contains { $0.cell == cell }
        }
    }

    private func wasSchedulable(_ cell: Int) -> Bool {
        let life = disk.cells[cell].life
        guard life.state == .draining else { return life.schedulable }
        let earlier = disk.operations.last { operation in operation.leaving.contains { $0.cell == cell } }
        return earlier?.leaving.first { $0.cell == cell }?.schedulable ?? true
    }

    private mutating func move(_ cell: Int, _ event: CellEvent, _ time: SimulatedTime) -> Bool {
        guard let life = try? disk.cells[cell].life.after(event) else { return false }
        if life != disk.cells[cell].life {
            _ = self.event(time, routing: life.state != disk.cells[cell].life.state)
        }
        disk.cells[cell].life = life
        return true
    }

    private mutating func control(_ operation: Int, _ event: OperationEvent, _ time: SimulatedTime) -> Bool {
        guard let life = try? disk.operations[operation].life.after(event) else { return false }
        if life != disk.operations[operation].life { _ = self.event(time) }
        disk.operations[operation].life = life
        return true
    }

    // MARK: Starts

    private func plan(_ tenants: [Int], targets: [Int: Int], leaving: Set<Int>) -> MovePlan {
        var planner = MovePlanner(
            cells: disk.cells.enumerated().map { number, cell in
                PlacementPolicy.Candidate(
                    id: SimulatedNames.cells[number], zone: SimulatedNames.zones[number % 3],
                    state: cell.life.state, schedulable: cell.life.schedulable, capacity: cell.capacity,
                    load: cell.load, labels: [:], tenants: cell.tenants, reserved: cell.reserved,
                    incoming: cell.incoming, dedicatedTo: nil
                ).withArrivals
            }, leaving: Set(leaving.map { SimulatedNames.cells[$0] }))
        let moving = tenants.map {
            MovingTenant(
                tenant: SimulatedNames.tenants[$0], load: setup.loads[$0],
                source: SimulatedNames.cells[disk.routes[$0].cell], constraints: PlacementConstraints(),
                pinned: false, peers: [:])
        }
        for tenant in moving.sorted(by: MovingTenant.isPlacedBefore) {
            let target = targets[SimulatedNames.number(tenant.tenant.rawValue)]
            _ = planner.place(tenant, on: target.map { SimulatedNames.cells[$0] })
        }
        return planner.plan
    }

    private mutating func start(
        _ kind: OperationKind, _ tenants: [Int], targets: [Int: Int], _ options: MigrationOptions,
        leaving: [(cell: Int, schedulable: Bool)] = [], reverses: Int? = nil, at time: SimulatedTime
    ) -> Bool {
        let plan = plan(tenants, targets: targets, leaving: Set(leaving.map(\.cell)))
        guard plan.unplaceable.isEmpty else { return false }
        _ = event(time)
        disk.operations.append(
            OperationRow(
                kind: kind, life: OperationLife(.running), options: options,
                deadlineAt: now(time).advanced(byMilliseconds: options.deadline.milliseconds),
                leaving: leaving, reverses: reverses))
        insert(plan.moves, of: disk.operations.count - 1)
        return true
    }

    /// Deals the moves out in batches of one source each.
    private mutating func insert(_ moves: [PlannedMove], of operation: Int) {
        let size = disk.operations[operation].options.batchSize
        let first = Int64(disk.operations[operation].batches.last?.batch.number ?? 0)
        var rows: [BatchRow] = []
        for move in moves {
            let source = SimulatedNames.number(move.source.rawValue)
            let target = SimulatedNames.number(move.target.rawValue)
            let tenant = SimulatedNames.number(move.tenant.rawValue)
            let row = MoveRow(
                tenant: tenant, source: source, target: target, epoch: disk.routes[tenant].epoch,
                state: .planned)
            disk.cells[target].reserved += setup.loads[tenant]
            disk.cells[target].incoming += 1
            if let open = rows.firstIndex(where: { $0.source == source && $0.moves.count < size }) {
                rows[open].moves.append(row)
            } else {
                let batch = Batch(
                    operation: Self.name, number: first + Int64(rows.count) + 1, source: move.source,
                    tenants: 0)
                rows.append(BatchRow(batch: batch, source: source, moves: [row]))
            }
        }
        for index in rows.indices {
            rows[index].batch.tenants = Int64(rows[index].moves.count)
            // As the store's rows are read.
            rows[index].moves.sort { SimulatedNames.tenants[$0.tenant] < SimulatedNames.tenants[$1.tenant] }
        }
        disk.operations[operation].batches += rows
        disk.operations[operation].total += Int64(moves.count)
    }

    /// Batches here are told apart by their operation's place.
    private static let name = OperationID("migration-aaaaaaaaaaaa")!

    private mutating func reverse(_ number: Int, at time: SimulatedTime) -> Bool {
        let old = disk.operations[number]
        guard old.kind != .reversal, old.life.state.isDone else { return false }
        var tenants: [Int] = []
        var targets: [Int: Int] = [:]
        var reversed: Set<Int64> = []
        for row in old.batches where row.batch.state == .reversible {
            for move in row.moves where move.state == .moved {
                let route = disk.routes[move.tenant]
                guard route.cell == move.target, route.epoch == move.epoch + 1 else { continue }
                guard isAtRest(move.tenant) else { return false }
                tenants.append(move.tenant)
                targets[move.tenant] = move.source
                reversed.insert(row.batch.number)
            }
        }
        guard !tenants.isEmpty else { return false }
        var options = old.options
        options.includePinned = true
        options.reverseWindow = .zero
        for leaving in old.leaving { giveBack(leaving, time) }
        // One whose tenants have all moved on has nothing to take back.
        for row in old.batches where reversed.contains(row.batch.number) {
            _ = take(Decided(operation: number, batch: row.batch, event: .reverse), at: time)
        }
        return start(.reversal, tenants, targets: targets, options, reverses: number, at: time)
    }

    // MARK: Ends

    mutating func endOperations(at time: SimulatedTime) {
        memory.ending = [:]
        for (number, operation) in disk.operations.enumerated()
        where operation.life.state == .running && operation.batches.allSatisfy(\.batch.state.isSettled) {
            if let blockers = end(number, at: time) { memory.ending[number] = blockers }
        }
    }

    /// - Returns: what it still waits for; nil where it has ended.
    private mutating func end(_ number: Int, at time: SimulatedTime) -> [Blocker]? {
        let operation = disk.operations[number]
        if operation.life.isCancelling {
            for leaving in operation.leaving { giveBack(leaving, time) }
            return finish(number, .settle, time)
        }
        guard operation.kind.empties else {
            return finish(number, operation.failed > 0 ? .fail : .succeed, time)
        }
        let isPastDeadline = now(time) >= operation.deadlineAt
        let isResting = operation.failed > 0 && isResting(number, at: time)
        var blockers: [Blocker] = []
        for leaving in operation.leaving {
            let cell = leaving.cell
            let state = disk.cells[cell].life.state
            guard state == .draining else {
                if state != .drained {
                    blockers.append(Blocker(kind: "cell", id: SimulatedNames.cell(cell), message: "serves"))
                }
                continue
            }
            guard disk.cells[cell].tenants + disk.cells[cell].incoming == 0 else {
                memory.emptied[Emptying(operation: number, cell: cell)] = nil
                blockers += remaining(on: cell, number, plans: !isPastDeadline && !isResting)
                continue
            }
            let revision =
                memory.emptied[Emptying(operation: number, cell: cell)] ?? disk.routingRevision
            memory.emptied[Emptying(operation: number, cell: cell)] = revision
            let gateways = Barrier(gateways: barrierGateways(at: time.uptime), seal: nil)
            switch gateways.isConfirmed(cutover: Revision(rawValue: revision)) {
            case .waiting(let waiting): blockers += waiting
            case .held:
                _ = move(cell, .observedEmpty, time)
                memory.emptied[Emptying(operation: number, cell: cell)] = nil
            }
        }
        if blockers.isEmpty { return finish(number, .succeed, time) }
        if isPastDeadline, operation.options.onStragglers != .wait { return finish(number, .fail, time) }
        return blockers
    }

    /// Whether its tenants, which were planned in vain, are not planned anew yet.
    private mutating func isResting(_ number: Int, at time: SimulatedTime) -> Bool {
        var tries = memory.tries[number] ?? Tries()
        if tries.notBefore == nil {
            tries.failures += 1
            tries.notBefore =
                time.uptime + Operation.pauseBeforePlanning(afterFailures: tries.failures).milliseconds
            memory.tries[number] = tries
        }
        return tries.notBefore.map { time.uptime < $0 } ?? false
    }

    private mutating func remaining(on cell: Int, _ number: Int, plans: Bool) -> [Blocker] {
        let tenants = disk.routes.indices.filter { disk.routes[$0].cell == cell && isAtRest($0) }
        let blocker = Blocker(kind: "cell", id: SimulatedNames.cell(cell), message: "has tenants")
        guard plans, !tenants.isEmpty else { return [blocker] }
        let operation = disk.operations[number]
        let plan = plan(tenants, targets: [:], leaving: Set(operation.leaving.map(\.cell)))
        guard !plan.moves.isEmpty else { return plan.unplaceable.map(\.blocker) }
        let again = Set(plan.moves.map { SimulatedNames.number($0.tenant.rawValue) })
        for index in operation.batches.indices {
            let moves = operation.batches[index].moves
            let left = moves.filter { move in
                !again.contains(move.tenant) || (move.state != .failed && move.state != .returned)
            }
            disk.operations[number].failed -= Int64(moves.count - left.count)
            disk.operations[number].total -= Int64(moves.count - left.count)
            disk.operations[number].batches[index].moves = left
        }
        insert(plan.moves, of: number)
        memory.tries[number]?.notBefore = nil
        return [blocker]
    }

    private mutating func finish(_ number: Int, _ event: OperationEvent, _ time: SimulatedTime) -> [Blocker]?
    {
        _ = control(number, event, time)
        memory.tries[number] = nil
        guard let reversed = disk.operations[number].reverses else { return nil }
        let outcome: BatchEvent = event == .succeed ? .reversalDone : .reversalFailed
        for row in disk.operations[reversed].batches where row.batch.state == .reversing {
            _ = take(Decided(operation: reversed, batch: row.batch, event: outcome), at: time)
        }
        return nil
    }

    private mutating func giveBack(_ leaving: (cell: Int, schedulable: Bool), _ time: SimulatedTime) {
        let state = disk.cells[leaving.cell].life.state
        guard state == .drained || state == .draining else { return }
        _ = move(leaving.cell, .undrain, time)
        if !leaving.schedulable { _ = move(leaving.cell, .cordon, time) }
    }
}

extension SimulatedOptions {
    var standard: MigrationOptions {
        var options = MigrationOptions.standard
        options.batchSize = batchSize
        options.parallel.total = parallel
        options.freezeDeadline = .milliseconds(freezeMilliseconds)
        options.deadline = .milliseconds(deadlineMilliseconds)
        options.onStragglers = onStragglers
        options.reverseWindow = .milliseconds(windowMilliseconds)
        options.mover = copies ? .webhook(url: "https://copier.example.com/titan") : .none
        return options
    }
}
