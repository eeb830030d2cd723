import Registry
import Store

/// The control plane in memory: the decisions are the product's own (`BatchSituation`, `Barrier`, the state machines,
/// `MovePlanner`), the transactions are those of `Change+Batches` and `EndOperations` over arrays. What a crash loses and
/// what it leaves is kept apart. `SimulationAgreementTests` hold it against the real one, step by step.
struct ModelPlane: SimulatedPlane {
    /// Guards taken away, each of which the simulation must notice.
    enum Fault: CaseIterable {
        case barrierLooksAtLiveGatewaysOnly
        case leaseWithoutFlightTime
        case restartPresumesLeasesOut
        case cutoverComparesNothing
        case cutoverComparesTheStateAlone
        /// An expired freeze makes the tenants `serving`, and the next counts on the announcement before it.
        case announcementIsUsedAgain
        case sealOfTheAnnouncementIsEnough
        case abortLeavesTenantsFrozen
        case givesNothingBack
        case freezeHasNoEnd
        case copyOfAnEarlierFreezeCounts
    }

    struct MoveRow {
        var tenant: Int
        var source: Int
        var target: Int
        var epoch: Int64
        var state: Move.State
    }

    struct BatchRow {
        var batch: Batch
        var source: Int
        var moves: [MoveRow]
    }

    struct OperationRow {
        var kind: OperationKind
        var life: OperationLife
        var options: MigrationOptions
        var deadlineAt: Timestamp
        var leaving: [(cell: Int, schedulable: Bool)]
        var reverses: Int?
        var batches: [BatchRow] = []
        var total: Int64 = 0
        var completed: Int64 = 0
        var failed: Int64 = 0

        /// Something may still happen to it, or to one of its batches.
        var isOpen: Bool { !life.state.isDone || batches.contains { !$0.batch.state.isEnded } }
    }

    struct CellRow {
        var life = CellLife(.active, schedulable: true)
        var capacity: Int64
        var load: Int64 = 0
        var tenants: Int64 = 0
        var reserved: Int64 = 0
        var incoming: Int64 = 0
    }

    /// What is on disk.
    struct Durable {
        var revision: Int64 = 1
        var routingRevision: Int64 = 1
        var lastEventAt = Timestamp(rawValue: 0)
        var routes: [SimulatedRoute]
        var cells: [CellRow]
        var operations: [OperationRow] = []
        var gateways: [Int: Int64?] = [:]
    }

    /// What a crash loses.
    struct Memory {
        var gateways: [Int: (contact: Int64, applied: Int64?)] = [:]
        var seals: [Int: Int64] = [:]
        var freezes: [Freeze: Int64] = [:]
        var rests: [Freeze: Int64] = [:]
        var emptied: [Emptying: Int64] = [:]
        var tries: [Int: Tries] = [:]
        var waiting: [Int: [Blocker]] = [:]
        var ending: [Int: [Blocker]] = [:]
    }

    struct Freeze: Hashable {
        var operation: Int
        var batch: Int
        var attempt: Int64
    }

    struct Emptying: Hashable {
        var operation: Int
        var cell: Int
    }

    /// As `MoveMonitor` counts them.
    struct Tries {
        var failures = 0
        var notBefore: Int64?
    }

    let setup: SimulatedSetup
    let fault: Fault?
    var disk: Durable
    var memory = Memory()
    /// Decided, and not taken yet.
    var late: [Decided] = []
    var calls: [Decided] = []
    /// Which freezes' last data the copier has brought over.
    var copies: [Freeze: Bool] = [:]
    private(set) var version = 1
    mutating func changed() { version += 1 }
    /// A cutover has left data behind.
    var isDataLost = false

    init(_ setup: SimulatedSetup, fault: Fault? = nil) {
        self.setup = setup
        self.fault = fault
        disk = Durable(
            routes: setup.homes.enumerated().map { tenant, home in
                SimulatedRoute(
                    cell: home, epoch: 1, state: setup.suspended.contains(tenant) ? .suspended : .serving)
            }, cells: setup.capacities.map { CellRow(capacity: $0) })
        disk.lastEventAt = SimulatedTime().wall
        for (tenant, home) in setup.homes.enumerated() {
            disk.cells[home].load += setup.loads[tenant]
            disk.cells[home].tenants += 1
        }
    }

    // MARK: What the world sees

    func table() -> SimulatedTable { SimulatedTable(revision: disk.routingRevision, routes: disk.routes) }

    func truth() -> SimulatedTruth {
        SimulatedTruth(
            routes: disk.routes,
            operations: disk.operations.map { operation in
                SimulatedOperation(
                    state: operation.life.state, isCancelling: operation.life.isCancelling,
                    batches: operation.batches.map { row in
                        SimulatedBatch(
                            state: row.batch.state, attempt: row.batch.attempt, heldBy: row.batch.heldBy,
                            tenants: row.moves.filter(\.state.isActive).map(\.tenant))
                    }, completed: operation.completed, failed: operation.failed)
            },
            cells: disk.cells.map {
                SimulatedCellRow(
                    state: $0.life.state, load: $0.load, reserved: $0.reserved, incoming: $0.incoming)
            })
    }

    func standing() -> SimulatedStanding {
        var standing = SimulatedStanding(routes: disk.routes)
        for operation in disk.operations {
            for row in operation.batches {
                guard row.batch.state == .cutover || row.batch.state == .confirming else { continue }
                let isForced = row.batch.heldBy == .force
                for move in row.moves where move.state == .moving || move.state == .moved {
                    if isForced {
                        standing.forced.insert(move.tenant)
                    } else if row.batch.state == .cutover {
                        standing.barred.insert(move.tenant)
                    }
                }
            }
        }
        return standing
    }

    func blockers(of operation: Int) -> [Blocker] {
        (memory.ending[operation] ?? []) + (memory.waiting[operation] ?? [])
    }

    mutating func contact(gateway: Int, applied: Int64?, at time: SimulatedTime) {
        guard let known = memory.gateways[gateway] else {
            disk.gateways[gateway] = .some(applied)
            memory.gateways[gateway] = (time.uptime, applied)
            return
        }
        memory.gateways[gateway] = (time.uptime, applied ?? known.applied)
    }

    mutating func deregister(gateway: Int, at time: SimulatedTime) {
        guard disk.gateways.removeValue(forKey: gateway) != nil else { return }
        memory.gateways[gateway] = nil
        _ = event(time)
    }

    mutating func acknowledge(cell: Int, applied: Int64, at time: SimulatedTime) {
        memory.seals[cell] = applied
    }

    mutating func saveContacts(at time: SimulatedTime) {
        for (gateway, known) in memory.gateways { disk.gateways[gateway] = .some(known.applied) }
    }

    mutating func restart(at time: SimulatedTime) {
        memory = Memory()
        (late, calls) = ([], [])
        let lastContact =
            fault == .restartPresumesLeasesOut ? time.uptime - 3_600_000 : time.uptime
        for (gateway, applied) in disk.gateways { memory.gateways[gateway] = (lastContact, applied) }
    }

    /// As `barrierGateways()`: in no order, which nothing depends on.
    func barrierGateways(at now: Int64) -> [Barrier.Gateway] {
        var gateways: [Barrier.Gateway] = []
        gateways.reserveCapacity(memory.gateways.count)
        for (number, known) in memory.gateways {
            var silence = now - known.contact
            let isLive = silence < Self.lease
            if fault == .barrierLooksAtLiveGatewaysOnly, !isLive { continue }
            if fault == .leaseWithoutFlightTime { silence += Limits.flightTime.milliseconds }
            gateways.append(
                Barrier.Gateway(
                    id: SimulatedNames.gateway(number), applied: known.applied.map(Revision.init(rawValue:)),
                    isLive: isLive, silence: .milliseconds(silence)))
        }
        return gateways
    }

    func seal(of source: Int, _ batch: Batch) -> Revision? {
        let seal = memory.seals[source].map(Revision.init(rawValue:))
        guard fault == .sealOfTheAnnouncementIsEnough, let seal, let frozen = batch.frozen,
            let announced = batch.announced, seal >= announced
        else { return seal }
        return max(seal, frozen)
    }

    private static let lease = Limits.leaseDuration.milliseconds

    // MARK: Events

    func now(_ time: SimulatedTime) -> Timestamp { max(time.wall, disk.lastEventAt) }

    mutating func event(_ time: SimulatedTime, routing: Bool = false) -> Int64 {
        disk.lastEventAt = now(time)
        changed()
        disk.revision += 1
        if routing { disk.routingRevision = disk.revision }
        return disk.revision
    }

    mutating func save(_ tenant: Int, _ route: SimulatedRoute, _ time: SimulatedTime) {
        let old = disk.routes[tenant]
        _ = event(time, routing: true)
        disk.routes[tenant] = route
        guard old.cell != route.cell else { return }
        disk.cells[old.cell].load -= setup.loads[tenant]
        disk.cells[old.cell].tenants -= 1
        disk.cells[route.cell].load += setup.loads[tenant]
        disk.cells[route.cell].tenants += 1
    }

    mutating func set(_ state: TenantState, _ tenant: Int, _ time: SimulatedTime) {
        var route = disk.routes[tenant]
        route.state = state
        save(tenant, route, time)
    }

    func isAtRest(_ tenant: Int) -> Bool {
        !disk.operations.contains { operation in
            operation.life.state.isDone == false
                && operation.batches.contains { row in
                    row.moves.contains { $0.tenant == tenant && $0.state.isActive }
                }
        }
    }
}

enum SimulatedNames {
    static func gateway(_ number: Int) -> String { "g\(number)" }
    static func cell(_ number: Int) -> String { "cell-\(number)" }
    static func tenant(_ number: Int) -> String { "t-\(number)" }
    static func number(_ name: String) -> Int { Int(name.split(separator: "-").last!)! }

    static let cells = (0..<16).map { CellID(cell($0))! }
    static let tenants = (0..<64).map { TenantID(tenant($0))! }
    static let zones = ["a", "b", "c"]
}
