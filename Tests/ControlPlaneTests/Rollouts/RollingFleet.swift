import Glibc
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

/// A control plane with cells on v1.0.0 and a release v1.1.0, whose file can be taken as a crash would leave it.
final class RollingFleet {
    static let old = "titan/order-service:v1.0.0"
    static let new = "titan/order-service:v1.1.0"

    private(set) var plane: ControlPlane
    private(set) var store: Store
    let time = ManualClock()
    private let folder: String
    private var image = 0
    private var path: String { folder + "/\(image)/registry.db" }

    /// Cells `cell-1` … in the zones a, b and c in turn.
    init(cells: Int = 6) async throws {
        var template = Array("/tmp/control-plane-rolls-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        mkdir(folder + "/0", 0o700)
        (store, plane) = try Self.open(folder + "/0/registry.db", time)
        try await plane.change { change in
            var last: Outcome?
            for number in 1...cells {
                last = try change.putCell(
                    CellID("cell-\(number)")!,
                    [
                        "zone": .string(["a", "b", "c"][(number - 1) % 3]), "state": "active", "capacity": 9,
                        "images": ["order-service": .string(Self.old)],
                    ])
            }
            return try #require(last)
        }
        try await plane.change {
            try $0.putRelease(ReleaseName("v1.1.0")!, ["images": ["order-service": .string(Self.new)]])
        }
    }

    deinit {
        store.close()
        for number in 0...image { Self.remove("\(folder)/\(number)") }
        rmdir(folder)
    }

    private static func remove(_ folder: String) {
        for name in ["registry.db", "registry.db-wal", "registry.db-shm", "registry.db.lock"] {
            unlink("\(folder)/\(name)")
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
        Self.remove("\(folder)/\(self.image)")
        self.image += 1
        mkdir("\(folder)/\(self.image)", 0o700)
        try image.database.write(to: path)
        try image.log.write(to: path + "-wal")
        (store, plane) = try Self.open(path, time)
    }

    // MARK: Steps

    /// Runs the body in a write of its own.
    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (Change) throws -> T) async throws -> T {
        let context = ChangeContext(
            principal: Principal(name: "tester", role: .operator), operation: "test", reason: "test")
        return try await store.write(as: context) { try body(Change($0)) }
    }

    /// - Parameter strategy: beside a bake of a minute and waves of one cell and of all.
    func create(_ strategy: JSONObject = [:], onFailure: String = "rollback") async throws -> RolloutID {
        let (request, now) = (try Self.request(strategy, onFailure: onFailure), plane.rolloutTime)
        let outcome = try await write { try $0.createRollout(request, at: now) }
        return try #require(outcome.shown["id"]?.string.flatMap { RolloutID($0) })
    }

    static func request(_ strategy: JSONObject = [:], onFailure: String = "rollback") throws -> RolloutRequest
    {
        var asked: JSONObject = ["canary": ["cell-1"], "waves": ["100%"], "bakeTime": "1m"]
        for (name, value) in strategy { asked[name] = value }
        return try RolloutRequest(
            document: ["release": "v1.1.0", "strategy": .object(asked), "onFailure": .string(onFailure)])
    }

    /// What a worker is handed; nil where there is nothing to do.
    struct Work: Sendable {
        var cell: CellID
        var isBack: Bool
        var release: ReleaseName?
        var image: String?
        var token: Int64

        init?(_ outcome: Outcome) {
            guard !outcome.isNothing, let cell = outcome.shown["cell"]?.string.flatMap({ CellID($0) }),
                let token = outcome.shown["fencingToken"]?.integer
            else { return nil }
            self.cell = cell
            self.token = token
            isBack = outcome.shown["action"]?.string == "rollback"
            release = outcome.shown["release"]?.string.flatMap { ReleaseName($0) }
            image = outcome.shown["images"]?["order-service"]?.string
        }

        func report(_ healthy: Bool?, reachable: Bool = true, at time: Timestamp) -> CellReport {
            CellReport(
                token: FencingToken(rawValue: token), release: release, healthy: healthy,
                isReachable: reachable, observedAt: time)
        }
    }

    func claim(_ id: RolloutID, cell: Int? = nil, by worker: String = "w") async throws -> Work? {
        let request = ClaimRequest(worker: worker, cell: cell.map { CellID("cell-\($0)")! })
        let now = plane.rolloutTime
        return Work(try await write { try $0.claim(request, of: id, at: now) })
    }

    func report(_ work: Work, _ id: RolloutID, healthy: Bool? = true, reachable: Bool = true) async throws {
        let now = plane.rolloutTime
        let report = work.report(healthy, reachable: reachable, at: now.steady)
        try await write { try $0.report(report, of: work.cell, in: id, at: now) }
    }

    @discardableResult
    func act(_ action: Change.RolloutAction, on id: RolloutID) async throws -> Outcome {
        let now = plane.rolloutTime
        return try await write { try $0.act(action, on: id, at: now) }
    }

    func advance() async throws { _ = try await AdvanceRollouts(controlPlane: plane).step() }

    /// Claims what there is, and reports each healthy.
    func changeAll(_ id: RolloutID) async throws {
        while let work = try await claim(id) { try await report(work, id) }
    }

    func run(_ id: RolloutID) throws -> RolloutRun {
        try #require(try store.read { try $0.run(id) })
    }

    func state(_ id: RolloutID) throws -> RolloutState { try run(id).rollout.life.state }

    func cell(_ number: Int, of id: RolloutID) throws -> RolloutCell {
        try #require(try run(id).cells.first { $0.cell.rawValue == "cell-\(number)" })
    }

    /// With willing workers and a patient operator it must end.
    func finish(_ id: RolloutID) async throws {
        for _ in 0..<400 {
            try await advance()
            switch try state(id) {
            case .succeeded, .rolledBack, .aborted, .failed: return
            case .paused:
                if try run(id).rollout.cause?.kind == .brake { try await heal() }
                try await act(.resume, on: id)
            case .awaitingApproval: try await act(.approve(wave: nil), on: id)
            case .pending, .running, .rollingBack: try await changeAll(id)
            }
            time.advance(.seconds(20))
        }
        Issue.record("it does not end: \(try run(id).rollout.life.state)")
    }

    private func heal() async throws {
        for cell in try store.read({ try $0.cells(page: Page(limit: 1000)) }) {
            try await plane.patch(cell: cell.cell.id.rawValue, ["health": ["status": "healthy"]])
        }
    }

    // MARK: What must be true

    /// All that the steps decide from and change.
    func takeState() throws -> RollingState {
        try store.read { transaction in
            let rollouts = try transaction.rollouts(RolloutFilter(), before: .max, limit: 10)
            let services = try transaction.services(named: ["order-service"])
            return RollingState(
                rollouts: rollouts, cells: try rollouts.map { try transaction.run($0.id)?.cells ?? [] },
                logs: try rollouts.map { try transaction.log(of: $0) }, services: services,
                locks: try transaction.rolloutLocks(on: ["order-service"]))
        }
    }

    /// What memory has of it is what stands in the file.
    func expectMemoryIsTrue(_ id: RolloutID, _ what: Comment? = nil) async throws {
        try await write { change in
            let transaction = change.transaction
            let (known, kept) = (try transaction.look(at: id), try transaction.run(id))
            guard let known, let kept else { return #expect(known == nil && kept == nil, what) }
            #expect(known.rollout == kept.rollout, what)
            #expect(known.cells == kept.cells, what)
            let facts = try transaction.facts(of: known)
            // Without what a write remembers: read once more, as a reader does.
            let again = try RolloutFacts(of: kept, in: transaction)
            #expect(facts == again, what)
        }
    }

    func expectWhole(_ id: RolloutID, _ what: Comment? = nil) throws {
        let run = try run(id)
        let services = try store.read { try $0.services(named: ["order-service"]) }
        for cell in run.cells {
            let service = services[cell.cell]?.first
            switch cell.state {
            case .succeeded: #expect(service?.observed?.image == Self.new, what)
            case .rolledBack: #expect(service?.observed?.image == Self.old, what)
            case .pending, .skipped, .abandoned, .failed, .unreachable, .updating, .baking, .rollbackPending,
                .rollingBack, .rollbackFailed:
                break
            }
            #expect([nil, Self.old, Self.new].contains(service?.desired.image), what)
        }
        if run.rollout.life.state.isDone {
            #expect(try store.read { try $0.rolloutLocks(on: ["order-service"]) }.isEmpty, what)
        }
        let problems = try store.problems().flatMap(\.problems)
        #expect(problems == [], what)
    }
}

struct RollingState: Equatable {
    var rollouts: [Rollout]
    var cells: [[RolloutCell]]
    var logs: [[OperationLogEntry]]
    var services: [CellID: [CellService]]
    var locks: [CellID: RolloutID]
}
