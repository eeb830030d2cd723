import Registry
import TestRandom

/// A tenant's route, by numbers.
struct SimulatedRoute: Equatable, Sendable {
    var cell: Int
    var epoch: Int64
    var state: TenantState
}

/// The routing table: tenants are never added or deleted here, so each has a number.
struct SimulatedTable: Equatable, Sendable {
    var revision: Int64
    var routes: [SimulatedRoute]
}

/// What a simulation is about, before anything happens.
struct SimulatedSetup: Sendable {
    var capacities: [Int64]
    var loads: [Int64]
    var homes: [Int]
    var suspended: Set<Int> = []
}

/// The clocks as the control plane reads them.
struct SimulatedTime: Sendable {
    /// Milliseconds on a clock that never goes back.
    var uptime: Int64 = 0
    /// How far the wall clock is off.
    var jump: Int64 = 0

    var wall: Timestamp { Timestamp(rawValue: 1_769_860_990_000 + uptime + jump) }
}

/// How a migration is asked for.
struct SimulatedOptions: Sendable {
    var batchSize = 2
    var parallel = 4
    var freezeMilliseconds: Int64 = 10_000
    var deadlineMilliseconds: Int64 = 120_000
    var onStragglers = MigrationOptions.OnStragglers.abort
    var windowMilliseconds: Int64 = 0
    /// A webhook, which only the model has.
    var copies = false
}

enum SimulatedWish: Sendable {
    case migrate(tenants: [Int], to: Int, SimulatedOptions)
    case drain(cell: Int, SimulatedOptions)
    case undrain(cell: Int)
    case reverse(operation: Int)
    case control(operation: Int, OperationEvent)
    case suspend(tenant: Int)
    case resume(tenant: Int)
}

/// What the store holds of an operation that matters here.
struct SimulatedOperation: Equatable, Sendable {
    var state: OperationState
    var isCancelling: Bool
    var batches: [SimulatedBatch]
    var completed: Int64
    var failed: Int64
}

struct SimulatedBatch: Equatable, Sendable {
    var state: BatchState
    var attempt: Int64
    var heldBy: Barrier.Guard?
    var tenants: [Int]
}

struct SimulatedCellRow: Equatable, Sendable {
    var state: CellState
    var load: Int64
    var reserved: Int64
    var incoming: Int64
}

/// All that is durable and matters here.
struct SimulatedTruth: Equatable, Sendable {
    var routes: [SimulatedRoute]
    var operations: [SimulatedOperation]
    var cells: [SimulatedCellRow]
}

/// Where each tenant's writes may be accepted now.
struct SimulatedStanding: Equatable, Sendable {
    var routes: [SimulatedRoute]
    /// Behind a barrier: nobody may write.
    var barred: Set<Int> = []
    /// Cut over by force: all bets are off.
    var forced: Set<Int> = []
}

/// A control plane as the world around it sees it: the real one over SQLite, or the model of its transactions.
protocol SimulatedPlane {
    /// What gateways and cells are told now.
    func table() throws -> SimulatedTable
    func truth() throws -> SimulatedTruth
    /// Another number each time that the store may have changed; zero where that is not known.
    var version: Int { get }
    func standing() throws -> SimulatedStanding
    /// A poll has arrived, which is an acknowledgement where it names a revision.
    mutating func contact(gateway: Int, applied: Int64?, at time: SimulatedTime) async throws
    mutating func deregister(gateway: Int, at time: SimulatedTime) async throws
    mutating func acknowledge(cell: Int, applied: Int64, at time: SimulatedTime) throws
    /// - Returns: false where it is refused.
    mutating func ask(_ wish: SimulatedWish, at time: SimulatedTime) async throws -> Bool
    /// - Returns: true where a step was taken.
    mutating func advanceBatches(at time: SimulatedTime) async throws -> Bool
    /// Some of what happens only between two steps of the reconcilers, drawn at random; nothing where there is no
    /// way to stop in there.
    mutating func advanceHalfway(at time: SimulatedTime, _ random: inout SeededRandom)
    mutating func endOperations(at time: SimulatedTime) async throws
    mutating func saveContacts(at time: SimulatedTime) async throws
    /// kill -9, and started again.
    mutating func restart(at time: SimulatedTime) async throws
    /// Whom the operation names as in its way.
    func blockers(of operation: Int) -> [Blocker]
    func operationCount() throws -> Int
    /// Every operation has ended.
    func isIdle() throws -> Bool
    /// What is wrong with what the store holds; at the end it may take its time.
    func problem(atEnd isEnd: Bool) throws -> String?
}
