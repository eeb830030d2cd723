import Glibc
import Registry
import SQLite
import Synchronization
import Testing

@testable import Store

/// A folder of one test's own with a store's file in it.
struct TemporaryStore: Sendable {
    let folder: String
    let clock = WallClock()
    /// What the store reported as not the caller's fault.
    let reports = Recorder<String>()

    var path: String { folder + "/registry.db" }

    /// Makes a folder for the time of the body.
    static func with<T>(_ body: (TemporaryStore) async throws -> T) async throws -> T {
        let temporary = try TemporaryStore()
        defer { temporary.remove() }
        return try await body(temporary)
    }

    /// A new store in a folder of its own.
    static func withStore<T>(_ body: (Store) async throws -> T) async throws -> T {
        try await with { try await $0.withStore(body) }
    }

    private init() throws {
        var template = Array("/tmp/store-tests-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    private func remove() {
        for name in ["registry.db", "registry.db-wal", "registry.db-shm", "registry.db.lock"] {
            unlink(folder + "/" + name)
        }
        rmdir(folder)
    }

    /// Not closed at the end: the caller's to do.
    func open() throws -> Store {
        let clock = clock
        let reports = reports
        return try Store(
            Store.Configuration(
                path: path, clock: { clock.now }, report: { reports.record("\($0)") },
                onFatal: { Issue.record("fatal: \($0)") }))
    }

    /// Opens the store for the time of the body.
    func withStore<T>(_ body: (Store) async throws -> T) async throws -> T {
        let store = try open()
        defer { store.close() }
        return try await body(store)
    }

    /// Opens the file past the store, while no store has it.
    func withConnection<T>(_ body: (Connection) throws -> T) throws -> T {
        try body(Connection(path: path, mode: .writer))
    }
}

/// The wall clock, whose hands the test turns.
final class WallClock: Sendable {
    private let time = Mutex(Timestamp(rawValue: 1_769_860_990_000))

    var now: Timestamp { time.withLock { $0 } }
    func advance(byMilliseconds milliseconds: Int64) {
        time.withLock { $0 = $0.advanced(byMilliseconds: milliseconds) }
    }
}

/// A list that many threads append to.
final class Recorder<Element: Sendable>: Sendable {
    private let list = Mutex<[Element]>([])

    func record(_ element: Element) { list.withLock { $0.append(element) } }
    var elements: [Element] { list.withLock { $0 } }
}

extension ChangeContext {
    static let test = ChangeContext(principal: Principal(name: "tester", role: .operator), operation: "test")
}

extension Store {
    func write<T: Sendable>(
        _ body: @escaping @Sendable (WriteTransaction) throws -> T
    ) async throws(RegistryError) -> T {
        try await write(as: .test, body)
    }

    /// Adds active cells `cell-1`, `cell-2` …, each in a zone of `zones` in turn.
    func addCells(_ count: Int, capacity: Int64 = 1000, zones: [String] = ["a", "b", "c"]) async throws {
        try await write { transaction in
            for number in 1...count {
                let cell = Cell(
                    id: CellID("cell-\(number)")!, zone: zones[number % zones.count], state: .active,
                    capacity: capacity)
                _ = try transaction.save(cell, replacing: nil)
            }
        }
    }

    @discardableResult
    func add(_ tenants: Tenant...) async throws -> [TenantRecord] {
        try await write { transaction in try tenants.map { try transaction.save($0, replacing: nil) } }
    }
}

extension Tenant {
    static func named(
        _ name: String, hosts: [String] = [], load: Int64 = 1, on cell: Int = 1, pinned: Bool = false,
        state: TenantState = .serving, placement: PlacementConstraints = PlacementConstraints(),
        labels: [String: String] = [:]
    ) -> Tenant {
        Tenant(
            id: TenantID(name)!, hosts: hosts, load: load, cell: CellID("cell-\(cell)")!, state: state,
            pinned: pinned,
            placement: placement, labels: labels)
    }
}
