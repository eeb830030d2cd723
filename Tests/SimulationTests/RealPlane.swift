import JSON
import Registry
import Store
import Synchronization
import TestRandom
import Testing

@testable import ControlPlane

/// The control plane itself, over a SQLite file.
struct RealPlane: SimulatedPlane {
    private let path: String
    private let clock = ManualHands()
    private var store: Store
    private var plane: ControlPlane
    private var names: [OperationID] = []

    init(_ setup: SimulatedSetup, folder: String) async throws {
        path = folder + "/registry.db"
        (store, plane) = try Self.open(path, clock)
        for (number, capacity) in setup.capacities.enumerated() {
            try await plane.obey {
                try $0.putCell(
                    SimulatedNames.cells[number],
                    [
                        "zone": .string(SimulatedNames.zones[number % 3]), "state": "active",
                        "capacity": .integer(capacity),
                    ])
            }
        }
        for (number, home) in setup.homes.enumerated() {
            let spec = try TenantSpec(
                document: [
                    "cell": .string(SimulatedNames.cell(home)), "load": .integer(setup.loads[number]),
                ],
                id: SimulatedNames.tenants[number])
            try await plane.obey { try $0.putTenant(spec) }
            if setup.suspended.contains(number) {
                try await plane.obey { try $0.move(tenant: SimulatedNames.tenants[number], by: .suspend) }
            }
        }
    }

    private static func open(_ path: String, _ hands: ManualHands) throws -> (Store, ControlPlane) {
        let clock = hands.clock
        let store = try Store(
            Store.Configuration(
                path: path, clock: { clock.now() }, report: { Issue.record("reported: \($0)") },
                onFatal: { Issue.record("fatal: \($0)") }))
        return (store, try ControlPlane(store: store, clock: clock))
    }

    func close() { store.close() }

    mutating func restart(at time: SimulatedTime) async throws {
        clock.set(time)
        store.close()
        (store, plane) = try Self.open(path, clock)
    }

    // MARK: What the world sees

    var version: Int { 0 }

    func table() throws -> SimulatedTable {
        let snapshot = plane.routing.current
        return SimulatedTable(
            revision: snapshot.revision.rawValue,
            routes: try store.read { try Self.routes($0) })
    }

    private static func routes(_ transaction: ReadTransaction) throws -> [SimulatedRoute] {
        var routes: [Int: SimulatedRoute] = [:]
        try transaction.forEachTenant(TenantFilter()) { record in
            let tenant = record.tenant
            routes[SimulatedNames.number(tenant.id.rawValue)] = SimulatedRoute(
                cell: SimulatedNames.number(tenant.cell.rawValue), epoch: tenant.epoch.rawValue,
                state: tenant.state)
        }
        return (0..<routes.count).map { routes[$0]! }
    }

    func truth() throws -> SimulatedTruth {
        try store.read { transaction in
            let cells = try transaction.cells(page: Page(limit: 100)).map {
                SimulatedCellRow(
                    state: $0.cell.state, load: $0.load, reserved: $0.reserved, incoming: $0.incoming)
            }
            let operations = try names.map { name in
                let operation = try #require(try transaction.operation(name))
                return SimulatedOperation(
                    state: operation.life.state, isCancelling: operation.life.isCancelling,
                    batches: try transaction.batches(of: operation, limit: Int.max).map { batch in
                        SimulatedBatch(
                            state: batch.state, attempt: batch.attempt, heldBy: batch.heldBy,
                            tenants: try transaction.moves(of: operation, batch: batch.number)
                                .filter(\.state.isActive)
                                .map { SimulatedNames.number($0.tenant.rawValue) })
                    }, completed: operation.completed, failed: operation.failed)
            }
            return SimulatedTruth(
                routes: try Self.routes(transaction), operations: operations, cells: cells)
        }
    }

    func standing() throws -> SimulatedStanding {
        try store.read { transaction in
            var standing = SimulatedStanding(routes: try Self.routes(transaction))
            for name in names {
                let operation = try #require(try transaction.operation(name))
                for batch in try transaction.batches(of: operation, limit: Int.max)
                where batch.state == .cutover || batch.state == .confirming {
                    for move in try transaction.moves(of: operation, batch: batch.number)
                    where move.state == .moving || move.state == .moved {
                        let tenant = SimulatedNames.number(move.tenant.rawValue)
                        if batch.heldBy == .force {
                            standing.forced.insert(tenant)
                        } else if batch.state == .cutover {
                            standing.barred.insert(tenant)
                        }
                    }
                }
            }
            return standing
        }
    }

    func blockers(of operation: Int) -> [Blocker] { plane.moves.monitor.blockers(of: names[operation]) }
    func operationCount() throws -> Int { names.count }
    func isIdle() throws -> Bool { try store.read { try $0.operationsUnderWay().isEmpty } }

    func problem(atEnd isEnd: Bool) throws -> String? {
        guard isEnd else { return nil }
        let wrong = try store.problems().flatMap(\.problems)
        return wrong.isEmpty ? nil : wrong.joined(separator: "; ")
    }

    // MARK: What the world does

    mutating func contact(gateway: Int, applied: Int64?, at time: SimulatedTime) async throws {
        clock.set(time)
        let tag = applied.map { RevisionTag(plane.incarnation, Revision(rawValue: $0)) }
        let id = SimulatedNames.gateway(gateway)
        if !plane.gateways.contact(id, applied: tag) { try await plane.registerGateway(id, applied: tag) }
    }

    mutating func deregister(gateway: Int, at time: SimulatedTime) async throws {
        clock.set(time)
        _ = try await plane.obey { try $0.deleteGateway(SimulatedNames.gateway(gateway)) }
    }

    mutating func acknowledge(cell: Int, applied: Int64, at time: SimulatedTime) throws {
        clock.set(time)
        _ = try plane.acknowledgeOwnership(
            of: SimulatedNames.cells[cell], RevisionTag(plane.incarnation, Revision(rawValue: applied)))
    }

    mutating func advanceHalfway(at time: SimulatedTime, _ random: inout SeededRandom) {}

    mutating func advanceBatches(at time: SimulatedTime) async throws -> Bool {
        clock.set(time)
        let report = try await AdvanceBatches(controlPlane: plane).step()
        return report != "nothing moves" && !report.hasSuffix(" 0 steps taken")
    }

    mutating func endOperations(at time: SimulatedTime) async throws {
        clock.set(time)
        _ = try await EndOperations(controlPlane: plane).step()
    }

    mutating func saveContacts(at time: SimulatedTime) async throws {
        clock.set(time)
        _ = try await SaveGatewayContacts(controlPlane: plane).step()
    }

    mutating func ask(_ wish: SimulatedWish, at time: SimulatedTime) async throws -> Bool {
        clock.set(time)
        let names = names
        let isDone = try await plane.obey { change in
            switch wish {
            case .migrate(let tenants, let to, let options):
                var document = options.document
                document["tenants"] = .array(tenants.map { .string(SimulatedNames.tenant($0)) })
                document["to"] = .string(SimulatedNames.cell(to))
                return try change.startMigration(MigrationRequest(document: .object(document)))
            case .drain(let cell, let options):
                let id = SimulatedNames.cells[cell]
                return try change.drain(id, DrainRequest(document: .object(options.document), cell: id))
            case .undrain(let cell): return try change.undrain(SimulatedNames.cells[cell])
            case .reverse(let operation): return try change.reverse(names[operation], [:])
            case .control(let operation, let event):
                return try change.move(operation: names[operation], by: event)
            case .suspend(let tenant):
                return try change.move(tenant: SimulatedNames.tenants[tenant], by: .suspend)
            case .resume(let tenant):
                return try change.move(tenant: SimulatedNames.tenants[tenant], by: .resume)
            }
        }
        let known = Set(names)
        self.names += try store.read { transaction in
            try transaction.operationsUnderWay().map(\.id).filter { !known.contains($0) }
        }
        return isDone
    }
}

extension ControlPlane {
    /// As the API does it. What a rule refuses is no fault.
    @discardableResult
    fileprivate func obey(_ body: @escaping @Sendable (Change) throws -> Outcome) async throws -> Bool {
        let context = ChangeContext(
            principal: Principal(name: "tester", role: .operator), operation: "simulate", reason: "simulated")
        do {
            _ = try await change(ChangeRequest(context: context), body)
            return true
        } catch {
            let isFault = [.internalError, .outcomeUnknown, .invalidArgument].contains(error.code)
            try #require(!isFault, "\(error)")
            return false
        }
    }
}

extension SimulatedOptions {
    fileprivate var document: JSONObject { standard.document }
}

/// The clocks as the simulation sets them.
private final class ManualHands: Sendable {
    private let time = Mutex(SimulatedTime())
    private let start = ContinuousClock.now

    func set(_ now: SimulatedTime) { time.withLock { $0 = now } }

    var clock: Clock {
        Clock(
            now: { self.time.withLock { $0.wall } },
            uptime: { self.start + .milliseconds(self.time.withLock { $0.uptime }) })
    }
}
