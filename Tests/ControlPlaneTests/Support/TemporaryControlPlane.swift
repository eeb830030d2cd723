import Glibc
import JSON
import Registry
import Store
import Synchronization
import Testing

@testable import ControlPlane

/// A control plane over a real file in a folder of its own, with clocks whose hands the test turns.
struct TemporaryControlPlane: Sendable {
    let folder: String
    let time = ManualClock()

    /// Makes a folder for the time of the body.
    static func with<T>(_ body: (TemporaryControlPlane) async throws -> T) async throws -> T {
        let temporary = try TemporaryControlPlane()
        defer { temporary.remove() }
        return try await body(temporary)
    }

    /// A new control plane in a folder of its own.
    static func withPlane<T>(_ body: (ControlPlane) async throws -> T) async throws -> T {
        try await with { try await $0.withPlane(body) }
    }

    private init() throws {
        var template = Array("/tmp/control-plane-tests-XXXXXX".utf8CString)
        folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    private func remove() {
        for name in ["registry.db", "registry.db-wal", "registry.db-shm", "registry.db.lock"] {
            unlink(folder + "/" + name)
        }
        rmdir(folder)
    }

    /// Opens it, as often as wanted, for the time of the body.
    func withPlane<T>(
        webhooks: WebhookSettings = .none, gates: GateSettings = .standard,
        kubernetes: KubernetesSettings? = nil, _ body: (ControlPlane) async throws -> T
    ) async throws -> T {
        let clock = time.clock
        let store = try Store(
            Store.Configuration(
                path: folder + "/registry.db", clock: { clock.now() },
                report: { Issue.record("reported: \($0)") }, onFatal: { Issue.record("fatal: \($0)") }))
        defer { store.close() }
        return try await body(
            try ControlPlane(
                store: store, clock: clock, webhooks: webhooks, gates: gates, kubernetes: kubernetes))
    }
}

/// Both clocks, which move when the test says so.
final class ManualClock: Sendable {
    private struct Hands {
        var now = Timestamp(rawValue: 1_769_860_990_000)
        var uptime = ContinuousClock.now
    }

    private let hands = Mutex(Hands())

    var clock: Clock {
        Clock(now: { self.hands.withLock { $0.now } }, uptime: { self.hands.withLock { $0.uptime } })
    }

    func advance(_ duration: Duration) {
        hands.withLock {
            $0.now = $0.now.advanced(byMilliseconds: duration.milliseconds)
            $0.uptime += duration
        }
    }

    /// The wall clock alone is put elsewhere.
    func jump(byMilliseconds milliseconds: Int64) {
        hands.withLock { $0.now = $0.now.advanced(byMilliseconds: milliseconds) }
    }
}

/// Holds the writer's thread back until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isReached: false, isOpen: false))

    func open() { state.withLock { $0.isOpen = true } }
    var isReached: Bool { state.withLock { $0.isReached } }

    /// Blocks the thread until somebody opens; whoever never does would hang the tests, so they end after two minutes.
    func pass() {
        state.withLock { $0.isReached = true }
        for _ in 0..<120_000 where !isOpen { usleep(1_000) }
        precondition(isOpen, "nobody has opened the gate")
    }

    private var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Waits until somebody stands before it.
    func reached() async throws {
        for _ in 0..<10_000 where !isReached { try await Task.sleep(for: .milliseconds(1)) }
        try #require(isReached)
    }
}
