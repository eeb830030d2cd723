import Registry
import Store
import Synchronization
import Testing

@testable import ControlPlane

/// Every step of a rollout, and every way in which it can go wrong: afterwards a control plane that knows only the file
/// brings the rollout to its end.
@Suite("A rollout's steps survive", .serialized)
struct RolloutCrashPointTests {
    private struct Broken: Error {}

    /// Keeps that the step was really taken, in the transaction, and the files as they were then.
    private final class Hits: Sendable {
        private let files = Mutex<CrashImage?>(nil)
        private let wasHit = Mutex(false)

        func hit(_ image: CrashImage? = nil) {
            wasHit.withLock { $0 = true }
            files.withLock { $0 = image }
        }
        var isHit: Bool { wasHit.withLock { $0 } }
        var image: CrashImage? { files.withLock { $0 } }
    }

    @Test("an error in the middle of each of them", arguments: RolloutCrashPoint.allCases)
    func error(_ point: RolloutCrashPoint) async throws {
        let (fleet, hits) = (try await RollingFleet(), Hits())
        let step = try await point.prepare(fleet)
        let prepared = try fleet.takeState()
        try await fail(step, fleet) { hits.hit() }
        #expect(try fleet.takeState() == prepared, "\(point) is undone as a whole")
        try await finish(fleet, point, hits)
    }

    @Test("a kill before each of them is durable", arguments: RolloutCrashPoint.allCases)
    func killBefore(_ point: RolloutCrashPoint) async throws {
        let (fleet, hits) = (try await RollingFleet(), Hits())
        let step = try await point.prepare(fleet)
        let prepared = try fleet.takeState()
        let files = fleet.files
        try await fail(step, fleet) { hits.hit(files.image()) }
        try fleet.restart(from: #require(hits.image, "\(point) was never reached"))
        #expect(try fleet.takeState() == prepared, "\(point) has not happened")
        // The next process takes it, once.
        try await take(step, point, fleet)
        try await finish(fleet, point, hits)
    }

    @Test("a kill after each of them is durable", arguments: RolloutCrashPoint.allCases)
    func killAfter(_ point: RolloutCrashPoint) async throws {
        let (fleet, hits) = (try await RollingFleet(), Hits())
        let step = try await point.prepare(fleet)
        try await take(step, point, fleet)
        hits.hit()
        let taken = try fleet.takeState()
        try fleet.restart(from: fleet.files.image())
        #expect(try fleet.takeState() == taken, "\(point) has happened")
        try await again(step, fleet)
        #expect(try fleet.takeState() == taken, "\(point) is not repeated")
        try await finish(fleet, point, hits)
    }

    @Test("each of them twice", arguments: RolloutCrashPoint.allCases)
    func twice(_ point: RolloutCrashPoint) async throws {
        let (fleet, hits) = (try await RollingFleet(), Hits())
        let step = try await point.prepare(fleet)
        try await take(step, point, fleet)
        hits.hit()
        let taken = try fleet.takeState()
        try await again(step, fleet)
        #expect(try fleet.takeState() == taken, "\(point) is taken once")
        try await finish(fleet, point, hits)
    }

    @Test("each of them late, when others have gone on meanwhile", arguments: RolloutCrashPoint.allCases)
    func stale(_ point: RolloutCrashPoint) async throws {
        let (fleet, hits) = (try await RollingFleet(), Hits())
        let step = try await point.prepare(fleet)
        try await take(step, point, fleet)
        hits.hit()
        let id = try #require(try fleet.takeState().rollouts.first?.id)
        try await fleet.finish(id)
        try fleet.expectWhole(id, "\(point)")
        let ended = try fleet.state(id)
        try await again(step, fleet)
        if point != .rollBack && point != .retry && point != .retryBack && point != .create {
            #expect(try fleet.state(id) == ended, "\(point) comes too late")
        }
        try await finish(fleet, point, hits)
    }

    // MARK: Parts

    private func take(
        _ step: RolloutCrashPoint.Step, _ point: RolloutCrashPoint, _ fleet: RollingFleet
    ) async throws {
        let isTaken = try await fleet.write { change in
            try step.take(change)
            return try Self.isTaken(step, change)
        }
        #expect(isTaken, "\(point) is taken")
    }

    private static func isTaken(_ step: RolloutCrashPoint.Step, _ change: Change) throws -> Bool {
        let transaction = change.transaction
        guard let rollout = try transaction.rollouts(RolloutFilter(), before: .max, limit: 1).first else {
            return false
        }
        return try transaction.run(rollout.id).map(step.isTaken) ?? false
    }

    /// Takes the step, and fails after it. `hit` is called only where the step was taken.
    private func fail(
        _ step: RolloutCrashPoint.Step, _ fleet: RollingFleet, _ hit: @escaping @Sendable () -> Void
    ) async throws {
        _ = await refusal {
            _ = try await fleet.write { change -> Bool in
                try step.take(change)
                if try Self.isTaken(step, change) { hit() }
                throw Broken()
            }
        }
    }

    /// Once more: it does nothing, or is refused.
    private func again(_ step: RolloutCrashPoint.Step, _ fleet: RollingFleet) async throws {
        _ = await refusal { try await fleet.write { try step.take($0) } }
    }

    private func finish(_ fleet: RollingFleet, _ point: RolloutCrashPoint, _ hits: Hits) async throws {
        #expect(hits.isHit, "\(point) was never reached")
        for rollout in try fleet.takeState().rollouts {
            try await fleet.expectMemoryIsTrue(rollout.id, "\(point)")
            try await fleet.finish(rollout.id)
            try fleet.expectWhole(rollout.id, "\(point)")
        }
    }
}
