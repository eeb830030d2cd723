import Registry
import TestRandom

/// How bad a world is.
struct SimulatedCharacter: Sendable {
    var lossPercent = 0
    var slowPercent = 5
    /// Tables that a gateway does not take, for whatever reason.
    var refusalPercent = 3
    var troubleEvery: Int64 = 8_000
    var troublesEnd: Int64 = 150_000
    /// Steps may be taken late, and in part: only the model can.
    var splits = true
}

/// Gateways, cells and the network between them and a control plane, with all that may go wrong, drawn from a seed.
///
/// After every event it is held that no tenant's writes may be accepted by any cell but the one that the store names, at
/// its epoch, and by none behind a barrier. Troubles end at some time; then every operation must end, or name who
/// blocks it, and end once that is removed or it is cancelled.
struct SimulatedWorld<Plane: SimulatedPlane> {
    var plane: Plane
    let seed: UInt64
    let character: SimulatedCharacter
    let gatewayFault: SimulatedGateway.Fault?
    let cellFault: SimulatedCell.Fault?
    var random: SeededRandom
    var time = SimulatedTime()
    var events = SimulatedEvents()
    var gateways: [SimulatedGateway] = []
    var cells: [SimulatedCell] = []
    /// Polls that are held until something changes, and since when.
    var held: [Int: (poll: Int, sentAt: Int64, arrivedAt: Int64)] = [:]
    var heldCells: [Int: Int] = [:]
    var current: SimulatedTable
    var standing: SimulatedStanding
    var forced: Set<Int> = []
    var operations = 0
    var isAdvancePlanned = false
    var isMended = false
    var mendedAt: Int64 = 0
    /// Since when each tenant has been frozen, as far as it is.
    var frozenSince: [Int64]
    /// What went wrong: the first is enough.
    var violation: String?
    var count = 0
    /// Of the store, when it was last looked at.
    var version = -1

    init(
        _ plane: Plane, seed: UInt64, random: SeededRandom, gateways count: Int, fenced: [Bool],
        character: SimulatedCharacter, gatewayFault: SimulatedGateway.Fault? = nil,
        cellFault: SimulatedCell.Fault? = nil
    ) throws {
        self.plane = plane
        self.seed = seed
        self.random = random
        self.character = character
        self.gatewayFault = gatewayFault
        self.cellFault = cellFault
        current = try plane.table()
        standing = try plane.standing()
        frozenSince = standing.routes.map { _ in 0 }
        for number in 0..<count { join(SimulatedGateway(number)) }
        for (number, isFenced) in fenced.enumerated() {
            cells.append(SimulatedCell(number, isFenced: isFenced))
            if isFenced { events.add(.cellPoll(cell: number, poll: 0), at: self.random.number(0...500)) }
        }
        events.add(.wish, at: self.random.number(500...3_000))
        events.add(.trouble, at: self.random.number(1_000...character.troubleEvery))
        events.add(.tick, at: 1_000)
    }

    private mutating func join(_ gateway: SimulatedGateway) {
        gateways.append(gateway)
        events.add(
            .poll(gateway: gateway.number, poll: 0), at: time.uptime + random.number(0...500))
    }

    mutating func violate(_ what: String) {
        if violation == nil { violation = "at \(time.uptime) ms: \(what)" }
    }

    // MARK: Messages

    /// How long a message takes; nil: it is lost.
    private mutating func delay() -> Int64? {
        if !isMended, random.isChance(character.lossPercent) { return nil }
        if !isMended, random.isChance(character.slowPercent) { return random.number(20...50_000) }
        return random.number(1...20)
    }

    private mutating func flight() -> Int64 {
        random.isChance(40) ? random.number(0...50) : random.number(0...Limits.flightTime.milliseconds)
    }

    mutating func handle(_ event: SimulatedEvent) async throws {
        switch event {
        case .poll(let number, let poll): sendPoll(number, poll)
        case .pollArrives(let number, let poll, let applied, let sentAt):
            try await plane.contact(gateway: number, applied: applied, at: time)
            planAdvance()
            guard gateways[number].poll == poll else { return }
            if applied.map({ $0 < current.revision }) ?? true {
                answer(number, poll, sentAt: sentAt)
            } else {
                held[number] = (poll, sentAt, time.uptime)
            }
        case .answer(let number, let poll, let table, let sentAt):
            take(table, number, poll, sentAt: sentAt)
        case .cellPoll(let number, let poll): sendCellPoll(number, poll)
        case .cellPollArrives(let number, let poll, let applied):
            if let applied {
                try plane.acknowledge(cell: number, applied: applied, at: time)
                planAdvance()
            }
            guard cells[number].poll == poll else { return }
            if applied.map({ $0 < current.revision }) ?? true {
                answerCell(number, poll)
            } else {
                heldCells[number] = poll
            }
        case .cellAnswer(let number, let poll, let table): takeCell(table, number, poll)
        case .deregisters(let number):
            try await plane.deregister(gateway: number, at: time)
            planAdvance()
        case .restartGateway(let number):
            guard gateways[number].mode == .dead else { return }
            gateways[number].restart(at: time.uptime, gatewayFault)
            events.add(
                .poll(gateway: number, poll: gateways[number].poll),
                at: max(time.uptime, gateways[number].settledAt) + random.number(0...100))
        case .restartCell(let number):
            guard cells[number].isDead else { return }
            cells[number].restart()
            if cells[number].isFenced {
                events.add(.cellPoll(cell: number, poll: cells[number].poll), at: time.uptime + 5)
            }
        case .resume(let number):
            if gateways[number].mode == .paused { gateways[number].mode = .running }
        case .mend(let number): gateways[number].isCut = false
        case .mendCell(let number): cells[number].isCut = false
        case .advance:
            isAdvancePlanned = false
            try await advance()
        case .tick:
            if isMended, character.splits {
                for _ in 1...8 { plane.advanceHalfway(at: time, &random) }
            }
            if try await plane.advanceBatches(at: time) { planAdvance() }
            try await plane.endOperations(at: time)
            if random.isChance(20) { try await plane.saveContacts(at: time) }
            releaseHeld()
            checkFreezes()
            events.add(.tick, at: time.uptime + (isMended ? random.number(1_000...6_000) : 1_000))
        case .trouble:
            guard !isMended else { return }
            try await trouble()
            events.add(.trouble, at: time.uptime + random.number(200...character.troubleEvery))
        case .wish:
            guard !isMended else { return }
            try await wish()
            events.add(.wish, at: time.uptime + random.number(500...25_000))
        }
    }

    private mutating func advance() async throws {
        if character.splits, random.isChance(50) {
            plane.advanceHalfway(at: time, &random)
            if !isMended, random.isChance(10) { try await restartPlane() }
            planAdvance(in: random.number(1...400))
            return
        }
        if try await plane.advanceBatches(at: time) { planAdvance() }
        if random.isChance(70) { try await plane.endOperations(at: time) }
    }

    private mutating func planAdvance(in milliseconds: Int64 = 2) {
        guard !isAdvancePlanned else { return }
        isAdvancePlanned = true
        events.add(.advance, at: time.uptime + milliseconds)
    }

    mutating func restartPlane() async throws {
        try await plane.restart(at: time)
        for number in held.keys.sorted() {
            lose(number, held[number]!.poll, soon: true)
        }
        for number in heldCells.keys.sorted() {
            events.add(
                .cellPoll(cell: number, poll: heldCells[number]!), at: time.uptime + random.number(10...3_000)
            )
        }
        held = [:]
        heldCells = [:]
        planAdvance()
    }

    /// What has changed is told to all who wait.
    mutating func publish() throws {
        let table = try plane.table()
        guard table.revision != current.revision else { return }
        current = table
        for number in held.keys.sorted() {
            let poll = held.removeValue(forKey: number)!
            answer(number, poll.poll, sentAt: poll.sentAt)
        }
        for number in heldCells.keys.sorted() { answerCell(number, heldCells.removeValue(forKey: number)!) }
    }

    /// A poll is not held for longer than 30 s.
    private mutating func releaseHeld() {
        for number in held.keys.sorted() {
            guard let poll = held[number], poll.arrivedAt + 30_000 <= time.uptime else { continue }
            held[number] = nil
            answer(number, poll.poll, sentAt: poll.sentAt)
        }
    }

    // MARK: Gateways

    private mutating func sendPoll(_ number: Int, _ poll: Int) {
        let gateway = gateways[number]
        guard gateway.mode == .running || gateway.mode == .paused, gateway.poll == poll else { return }
        if gateway.mode == .paused {
            events.add(.poll(gateway: number, poll: poll), at: time.uptime + 1_000)
            return
        }
        if gateway.settledAt > time.uptime {
            events.add(.poll(gateway: number, poll: poll), at: gateway.settledAt)
            return
        }
        if gatewayFault != .acknowledgesBeforeItIsDurable { gateways[number].disk = gateway.table }
        gateways[number].poll += 1
        let next = gateways[number].poll
        guard !gateway.isCut, let delay = delay() else { return lose(number, next) }
        let message = SimulatedEvent.pollArrives(
            gateway: number, poll: next, applied: gateway.table?.revision, sentAt: time.uptime)
        events.add(message, at: time.uptime + delay)
        if random.isChance(2) { events.add(message, at: time.uptime + delay + random.number(1...30_000)) }
    }

    /// It hears nothing, and polls again after its time limit or a back-off.
    private mutating func lose(_ number: Int, _ poll: Int, soon: Bool = false) {
        let pause = soon || random.isChance(50) ? random.number(50...2_000) : random.number(2_000...45_000)
        events.add(.poll(gateway: number, poll: poll), at: time.uptime + pause)
    }

    private mutating func answer(_ number: Int, _ poll: Int, sentAt: Int64) {
        guard !gateways[number].isCut, let delay = delay() else { return lose(number, poll) }
        events.add(.answer(gateway: number, poll: poll, current, sentAt: sentAt), at: time.uptime + delay)
        if delay > 10_000 { lose(number, poll) }
    }

    private mutating func take(_ table: SimulatedTable, _ number: Int, _ poll: Int, sentAt: Int64) {
        guard gateways[number].poll == poll else { return }
        switch gateways[number].mode {
        case .dead, .left: return
        case .paused:
            events.add(.answer(gateway: number, poll: poll, table, sentAt: sentAt), at: time.uptime + 500)
            return
        case .running: break
        }
        let isOlder = gateways[number].table.map { table.revision < $0.revision } ?? false
        if isOlder || (!isMended && random.isChance(character.refusalPercent)) {
            // Refused, or not to be made durable: it reports so, and asks again.
            if gatewayFault == .reportsRenewItsLease {
                gateways[number].renew(sentAt: sentAt, at: time.uptime, gatewayFault)
            }
            return lose(number, poll, soon: true)
        }
        if gateways[number].table?.revision == table.revision {
            gateways[number].renew(sentAt: sentAt, at: time.uptime, gatewayFault)
        } else {
            let flight = flight()
            // What is acknowledged next is not on disk: what was before it is.
            if gatewayFault == .acknowledgesBeforeItIsDurable {
                gateways[number].disk = gateways[number].table
            }
            gateways[number].writes.removeAll { $0.until <= time.uptime }
            gateways[number].install(
                table, sentAt: sentAt, at: time.uptime, flight: flight, gatewayFault)
            if random.isChance(50), gatewayFault != .acknowledgesBeforeItIsDurable {
                gateways[number].disk = table
            }
        }
        gateways[number].lastContact = time.uptime
        events.add(.poll(gateway: number, poll: poll), at: time.uptime + random.number(1...10))
    }

    // MARK: Cells

    private mutating func sendCellPoll(_ number: Int, _ poll: Int) {
        let cell = cells[number]
        guard !cell.isDead, cell.poll == poll else { return }
        if cell.settledAt > time.uptime {
            events.add(.cellPoll(cell: number, poll: poll), at: cell.settledAt)
            return
        }
        if cellFault != .acknowledgesBeforeItIsDurable { cells[number].disk = cell.table }
        cells[number].poll += 1
        guard !cell.isCut, let delay = delay() else {
            events.add(
                .cellPoll(cell: number, poll: cells[number].poll),
                at: time.uptime + random.number(50...20_000))
            return
        }
        events.add(
            .cellPollArrives(cell: number, poll: cells[number].poll, applied: cell.table?.revision),
            at: time.uptime + delay)
    }

    private mutating func answerCell(_ number: Int, _ poll: Int) {
        guard !cells[number].isCut, let delay = delay() else {
            events.add(.cellPoll(cell: number, poll: poll), at: time.uptime + random.number(50...20_000))
            return
        }
        events.add(.cellAnswer(cell: number, poll: poll, current), at: time.uptime + delay)
    }

    private mutating func takeCell(_ table: SimulatedTable, _ number: Int, _ poll: Int) {
        guard !cells[number].isDead, cells[number].poll == poll else { return }
        if cells[number].table.map({ table.revision > $0.revision }) ?? true {
            let settling = random.isChance(50) ? 0 : random.number(0...15_000)
            if cellFault == .acknowledgesBeforeItIsDurable { cells[number].disk = cells[number].table }
            cells[number].install(table, at: time.uptime, settling: settling, cellFault)
        }
        events.add(.cellPoll(cell: number, poll: poll), at: time.uptime + random.number(1...10))
    }
}
