import Registry
import TestRandom

extension SimulatedWorld {
    /// Lets the world go on until every operation has ended.
    ///
    /// - Returns: what went wrong first; nil where nothing did.
    mutating func run() async throws -> String? {
        try await go(until: character.troublesEnd) { _ in false }
        try await mend()
        try await go(until: time.uptime + 250_000) { try $0.isDone() }
        try await nameBlockers()
        // Who is gone for good is taken off the list, as the blockers say.
        for gateway in gateways where gateway.mode == .dead || gateway.mode == .left {
            try await plane.deregister(gateway: gateway.number, at: time)
        }
        try await go(until: time.uptime + 700_000) { try $0.isDone() }
        try await nameBlockers()
        for operation in 0..<operations {
            _ = try await plane.ask(.control(operation: operation, .cancel), at: time)
        }
        try await go(until: time.uptime + 250_000) { try $0.isDone() }
        try checkEnd()
        return violation
    }

    private mutating func go(until end: Int64, _ isOver: (inout SimulatedWorld) throws -> Bool) async throws {
        while violation == nil, time.uptime < end, let next = events.next() {
            time.uptime = max(time.uptime, next.time)
            count += 1
            if count > 200_000 { violate("it goes on without end") }
            try await handle(next.event)
            switch next.event {
            case .advance, .tick, .wish, .trouble, .deregisters:
                try look()
                if try isOver(&self) { return }
            case .answer(let gateway, _, _, _), .restartGateway(let gateway): check(only: gateway)
            case .cellAnswer, .restartCell: check()
            case .poll, .pollArrives, .cellPoll, .cellPollArrives, .resume, .mend, .mendCell: break
            }
        }
    }

    private func isDone() throws -> Bool {
        try operations == 0 || plane.isIdle()
    }

    // MARK: What must be true

    /// Looks at what the store says now, and tells who waits for news.
    private mutating func look() throws {
        guard plane.version == 0 || plane.version != version else { return }
        version = plane.version
        let before = standing
        standing = try plane.standing()
        for (tenant, route) in standing.routes.enumerated() where route != before.routes[tenant] {
            let old = before.routes[tenant]
            let isWhole = route.cell == old.cell ? route.epoch == old.epoch : route.epoch == old.epoch + 1
            if route.state == .frozen, old.state != .frozen { frozenSince[tenant] = time.uptime }
            if !isWhole { violate("t-\(tenant) went from \(old) to \(route)") }
        }
        forced.formUnion(standing.forced)
        if let problem = try plane.problem(atEnd: false) { violate(problem) }
        try publish()
        check()
    }

    /// With the control plane running, no freeze outlives its deadline: a minute at most, and as long again by force.
    mutating func checkFreezes() {
        guard isMended else { return }
        for (tenant, route) in standing.routes.enumerated() where route.state == .frozen {
            let since = max(frozenSince[tenant], mendedAt)
            if time.uptime - since > 140_000 { violate("t-\(tenant) has been frozen since \(since) ms") }
        }
    }

    /// No write may be accepted but by the tenant's cell at its epoch, and none behind a barrier.
    mutating func check(only number: Int? = nil) {
        let now = time.uptime
        for gateway in gateways where number == nil || gateway.number == number {
            for tenant in standing.routes.indices where !forced.contains(tenant) {
                let route = standing.routes[tenant]
                let isBarred = standing.barred.contains(tenant)
                gateway.forEachWrite(of: tenant, at: now, gatewayFault) { cell, epoch in
                    guard isBarred || cell != route.cell || epoch != route.epoch,
                        cells[cell].commits(tenant, epoch: epoch, at: now, cellFault)
                    else { return }
                    violate(
                        "g\(gateway.number) has t-\(tenant) written on cell-\(cell) at epoch \(epoch), "
                            + "which is on cell-\(route.cell) at \(route.epoch)"
                            + (isBarred ? ", behind the barrier" : ""))
                }
            }
        }
    }

    /// Whoever has not ended says who is in its way: looked at for some seconds, for it may be taking a step.
    private mutating func nameBlockers() async throws {
        var silent = Set(0..<operations)
        for _ in 0..<20 where violation == nil && !silent.isEmpty {
            for (number, operation) in try plane.truth().operations.enumerated()
            where operation.state != .running || !plane.blockers(of: number).isEmpty {
                silent.remove(number)
            }
            if !silent.isEmpty { try await go(until: time.uptime + 1_500) { _ in false } }
        }
        guard violation == nil, let number = silent.min() else { return }
        violate("operation \(number) is under way and names nobody: \(try plane.truth().operations[number])")
    }

    private mutating func checkEnd() throws {
        guard violation == nil else { return }
        let truth = try plane.truth()
        for (number, operation) in truth.operations.enumerated() where !operation.state.isDone {
            violate("operation \(number) has not ended: \(operation), \(plane.blockers(of: number))")
        }
        for (tenant, route) in truth.routes.enumerated()
        where route.state != .serving && route.state != .suspended {
            violate("t-\(tenant) is left \(route.state)")
        }
        for (number, cell) in truth.cells.enumerated() where cell.reserved != 0 || cell.incoming != 0 {
            violate("cell-\(number) has \(cell.reserved) units reserved for nobody")
        }
        if let problem = try plane.problem(atEnd: true) { violate(problem) }
    }

    // MARK: Troubles and wishes

    private mutating func mend() async throws {
        isMended = true
        mendedAt = time.uptime
        for number in gateways.indices {
            gateways[number].isCut = false
            if gateways[number].mode == .paused { gateways[number].mode = .running }
            if gateways[number].mode == .dead, random.isChance(70) {
                events.add(.restartGateway(number), at: time.uptime + 100)
            }
        }
        for number in cells.indices {
            cells[number].isCut = false
            if cells[number].isDead { events.add(.restartCell(number), at: time.uptime + 100) }
        }
        for number in 0..<operations {
            _ = try await plane.ask(.control(operation: number, .resume), at: time)
        }
    }

    mutating func trouble() async throws {
        let gateway = random.index(gateways.count)
        let cell = random.index(cells.count)
        let soon =
            time.uptime + (random.isChance(50) ? random.number(10...5_000) : random.number(5_000...120_000))
        switch random.index(12) {
        case 0, 1:
            try await restartPlane()
            if random.isChance(30) {
                _ = try await plane.advanceBatches(at: time)
                try await restartPlane()
            }
        case 2, 3:
            guard gateways[gateway].mode == .running || gateways[gateway].mode == .paused else { return }
            let flight = random.isChance(60) ? Limits.flightTime.milliseconds : random.number(0...15_000)
            gateways[gateway].kill(at: time.uptime, flight: flight, gatewayFault)
            if random.isChance(85) { events.add(.restartGateway(gateway), at: soon) }
        case 4:
            guard gateways[gateway].mode == .running else { return }
            gateways[gateway].mode = .paused
            events.add(.resume(gateway: gateway), at: soon)
        case 5, 6:
            gateways[gateway].isCut = true
            if random.isChance(90) { events.add(.mend(gateway: gateway), at: soon) }
        case 7:
            guard cells[cell].isFenced else { return }
            cells[cell].kill()
            events.add(.restartCell(cell), at: soon)
        case 8:
            cells[cell].isCut = true
            events.add(.mendCell(cell), at: soon)
        case 9:
            time.jump += [-3_600_000, 3_600_000, -5_000, 5_000][random.index(4)]
        case 10:
            guard gateways.count < 60, gateways[gateway].mode == .running else { return }
            // It stops, lets what is in flight end, removes its table and says so; another comes.
            gateways[gateway].kill(at: time.uptime, flight: random.number(0...15_000), gatewayFault)
            gateways[gateway].mode = .left
            gateways[gateway].disk = nil
            let end = gateways[gateway].writes.map(\.until).max() ?? time.uptime
            if random.isChance(80) {
                events.add(
                    .deregisters(gateway: gateway), at: max(end, time.uptime) + random.number(1...2_000))
            }
            let number = gateways.count
            gateways.append(SimulatedGateway(number))
            events.add(.poll(gateway: number, poll: 0), at: time.uptime + random.number(1...5_000))
        default:
            try await plane.saveContacts(at: time)
        }
    }

    mutating func wish() async throws {
        var options = SimulatedOptions()
        options.batchSize = 1 + random.index(3)
        options.parallel = 1 + random.index(4)
        options.freezeMilliseconds = [1_000, 5_000, 10_000, 60_000][random.index(4)]
        options.deadlineMilliseconds = random.number(60_000...300_000)
        options.onStragglers =
            random.isChance(60) ? .abort : random.isChance(85) ? .wait : .force
        options.windowMilliseconds = [0, 20_000, 100_000][random.index(3)]
        options.copies = character.splits && random.isChance(25)
        let cell = random.index(cells.count)
        let tenant = random.index(standing.routes.count)
        let operation = operations == 0 ? nil : random.index(operations)
        let wish: SimulatedWish
        switch random.index(16) {
        case 0...4:
            let others = standing.routes.indices.filter { $0 != tenant && random.isChance(40) }
            wish = .migrate(
                tenants: [tenant] + others.filter { standing.routes[$0].cell != cell }, to: cell, options)
        case 5, 6: wish = .drain(cell: cell, options)
        case 7: wish = .undrain(cell: cell)
        case 8, 9:
            guard let operation else { return }
            wish = .reverse(operation: operation)
        case 10, 11, 12, 13:
            guard let operation else { return }
            wish = .control(operation: operation, [.cancel, .pause, .resume, .resume][random.index(4)])
        case 14: wish = .suspend(tenant: tenant)
        default: wish = .resume(tenant: tenant)
        }
        if try await plane.ask(wish, at: time) { operations = try plane.operationCount() }
    }
}
