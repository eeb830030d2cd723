import Glibc
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

/// A control plane whose file can be taken as a crash would leave it, with two gateways that follow.
final class MovingFleet {
    private(set) var plane: ControlPlane
    private var store: Store
    let time = ManualClock()
    private let folder: String
    private var image = 0
    private var path: String { folder + "/\(image)/registry.db" }

    /// Six cells in three zones; `tenants` tenants on the first.
    init(tenants: Int = 3) async throws {
        var template = Array("/tmp/control-plane-moves-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        mkdir(folder + "/0", 0o700)
        (store, plane) = try Self.open(folder + "/0/registry.db", time)
        try await plane.addCells(6)
        for number in 1...tenants {
            try await plane.put(tenant: "t-\(number)", ["cell": "cell-1", "load": 2])
        }
    }

    deinit {
        store.close()
        for number in 0...image {
            for name in ["registry.db", "registry.db-wal", "registry.db-shm", "registry.db.lock"] {
                unlink("\(folder)/\(number)/\(name)")
            }
            rmdir("\(folder)/\(number)")
        }
        rmdir(folder)
    }

    private static func open(_ path: String, _ time: ManualClock) throws -> (Store, ControlPlane) {
        let clock = time.clock
        let store = try Store(
            Store.Configuration(
                path: path, clock: { clock.now() }, report: { _ in },
                onFatal: { Issue.record("fatal: \($0)") }))
        return (store, try ControlPlane(store: store, clock: clock))
    }

    // MARK: Crashes

    var files: DatabaseFiles { DatabaseFiles(path: path) }

    /// Goes on from such files in a new process, so to speak: nothing of its memory is left.
    func restart(from image: CrashImage) throws {
        store.close()
        self.image += 1
        mkdir("\(folder)/\(self.image)", 0o700)
        try image.database.write(to: path)
        try image.log.write(to: path + "-wal")
        (store, plane) = try Self.open(path, time)
    }

    // MARK: Steps

    /// What the API would do for an operator.
    @discardableResult
    func ask(_ body: @escaping @Sendable (Change) throws -> Outcome) async throws -> Answer {
        try await plane.change(How(), body)
    }

    func migrate(window: String = "0s", to: String = "cell-2") async throws {
        try await ask {
            try $0.startMigration(
                MigrationRequest(document: [
                    "tenants": ["t-1", "t-2"], "to": .string(to), "reverseWindow": .string(window),
                ]))
        }
    }

    var operations: [Registry.Operation] {
        get throws {
            try store.read { try $0.operations(OperationFilter(), before: .max, limit: 100).reversed() }
        }
    }

    func batches(of operation: Registry.Operation) throws -> [Batch] {
        try store.read { try $0.batches(of: operation, limit: 100) }
    }

    var operation: Registry.Operation {
        get throws {
            let first = try operations.first
            return try #require(first)
        }
    }

    /// The first operation's first batch.
    var batch: Batch {
        get throws {
            let first = try batches(of: operation).first
            return try #require(first)
        }
    }

    func poll() async throws {
        for name in ["edge-1", "edge-2"] {
            let tag = plane.routing.current.tag
            if !plane.gateways.contact(name, applied: tag) {
                try await plane.registerGateway(name, applied: tag)
            }
        }
    }

    /// Every gateway polls, and each reconciler takes one step.
    func step() async throws {
        try await poll()
        _ = try await AdvanceBatches(controlPlane: plane).step()
        _ = try await EndOperations(controlPlane: plane).step()
        _ = try await ExpireEvacuations(controlPlane: plane).step()
        time.advance(.milliseconds(200))
    }

    /// Steps until the first batch is in this state.
    func step(until state: BatchState) async throws {
        for _ in 0..<100 where try batch.state != state { try await step() }
        let reached = try batch.state
        try #require(reached == state)
    }

    /// Steps until nothing is under way.
    func stepToTheEnd() async throws {
        for _ in 0..<200 where try !isAtRest { try await step() }
        let (isDone, all) = (try isAtRest, try operations)
        try #require(isDone, "an operation does not end: \(all)")
    }

    private var isAtRest: Bool {
        get throws {
            try store.read { transaction in
                try transaction.operationsUnderWay().isEmpty && transaction.batchesInFlight().isEmpty
            }
        }
    }

    /// Runs the body in a transaction of its own.
    func write<T: Sendable>(_ body: @escaping @Sendable (Change) throws -> T) async throws -> T {
        let context = ChangeContext(
            principal: Principal(name: "tester", role: .operator), operation: "crash", reason: "test")
        return try await store.write(as: context, bulk: true) { try body(Change($0)) }
    }

    /// All that the steps decide from and change.
    func takeState() throws -> MovingState {
        try store.read { transaction in
            let operations = try transaction.operations(OperationFilter(), before: .max, limit: 100)
            var tenants: [TenantID: Tenant] = [:]
            try transaction.forEachTenant(TenantFilter()) { tenants[$0.tenant.id] = $0.tenant }
            return MovingState(
                operations: operations,
                batches: try operations.flatMap { try transaction.batches(of: $0, limit: 100) },
                moves: try operations.flatMap { try transaction.moves(of: $0, limit: 100) },
                tenants: tenants, cells: try transaction.cells(page: Page(limit: 100)))
        }
    }

    // MARK: What must be true

    func tenants() throws -> [TenantID: Tenant] {
        var tenants: [TenantID: Tenant] = [:]
        try store.read { transaction in
            try transaction.forEachTenant(TenantFilter()) { tenants[$0.tenant.id] = $0.tenant }
        }
        return tenants
    }

    /// Every tenant is whole on one cell, nothing is reserved, and everything adds up.
    func expectWhole(since before: [TenantID: Tenant], _ what: Comment) throws {
        let after = try tenants()
        #expect(after.count == before.count, what)
        for (id, old) in before {
            let new = try #require(after[id])
            #expect(new.state == .serving, what)
            #expect(
                new.epoch == old.epoch ? new.cell == old.cell : new.epoch > old.epoch, what)
        }
        let cells = try store.read { try $0.cells(page: Page(limit: 100)) }
        for cell in cells { #expect(cell.reserved == 0 && cell.incoming == 0, what) }
        let problems = try store.problems().flatMap(\.problems)
        #expect(problems == [], what)
    }
}

struct MovingState: Equatable {
    var operations: [Registry.Operation]
    var batches: [Batch]
    var moves: [Move]
    var tenants: [TenantID: Tenant]
    var cells: [CellRecord]
}

/// The database and its log, byte for byte.
struct CrashImage: Sendable {
    var database: [UInt8]
    var log: [UInt8]
}

/// Where the database is.
struct DatabaseFiles: Sendable {
    var path: String

    /// The files as they are this moment: what kill -9 would leave.
    func image() -> CrashImage {
        CrashImage(database: Self.bytes(path), log: Self.bytes(path + "-wal"))
    }

    private static func bytes(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return bytes
    }
}

extension [UInt8] {
    func write(to path: String) throws {
        let file = try #require(fopen(path, "w"), "can't write \(path)")
        defer { fclose(file) }
        try #require(isEmpty || fwrite(self, 1, count, file) == count)
    }
}
