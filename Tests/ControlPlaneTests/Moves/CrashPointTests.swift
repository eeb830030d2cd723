import Registry
import Synchronization
import Testing

@testable import ControlPlane

/// Every step of a migration, and every way in which it can go wrong: afterwards a control plane that knows only the
/// file brings everything to its end.
@Suite("A migration's steps survive", .serialized)
struct CrashPointTests {
    private struct Broken: Error {}

    /// What a gateway has acknowledged is kept in memory until shortly before the freeze: a kill before that forgets it.
    @Test(
        "a kill between an acknowledgement and the freeze waits for that gateway by name, until it polls again"
    )
    func forgottenAcknowledgement() async throws {
        let fleet = try await MovingFleet()
        try await fleet.poll()
        try await fleet.migrate()
        try await fleet.step(until: .announced)
        let known = try #require(fleet.plane.gateways.view(of: "edge-1")?.record.applied)
        let announced = try #require(try fleet.batch.announced)
        let killed = fleet.files.image()
        try await fleet.poll()
        try #require(fleet.plane.gateways.view(of: "edge-1")?.record.applied?.revision ?? .zero >= announced)
        try fleet.restart(from: killed)

        let advance = AdvanceBatches(controlPlane: fleet.plane)
        for _ in 0..<3 { _ = try await advance.step() }
        #expect(try fleet.batch.state == .announced)
        let blockers = fleet.plane.moves.monitor.blockers(of: try fleet.operation.id)
        #expect(blockers.map(\.id) == ["edge-1", "edge-2"])
        let message = "is at revision \(known.revision), not yet at \(announced)"
        #expect(blockers.allSatisfy { $0.kind == "gateway" && $0.message == message }, "\(blockers)")

        try await fleet.stepToTheEnd()
        #expect(try fleet.operation.life.state == .succeeded)
    }

    /// Counts that the step was really reached, in the transaction.
    private final class Hits: Sendable {
        private let count = Mutex(0)
        private let files = Mutex<CrashImage?>(nil)

        func hit(_ image: CrashImage? = nil) {
            count.withLock { $0 += 1 }
            files.withLock { $0 = image }
        }
        var isHit: Bool { count.withLock { $0 > 0 } }
        var image: CrashImage? { files.withLock { $0 } }
    }

    @Test("an error in the middle of each of them", arguments: CrashPoint.allCases)
    func error(_ point: CrashPoint) async throws {
        let (fleet, hits) = (try await MovingFleet(), Hits())
        let before = try fleet.tenants()
        let step = try await point.prepare(fleet)
        let prepared = try fleet.takeState()
        _ = await refusal {
            _ = try await fleet.write { change -> Bool in
                _ = try step(change)
                hits.hit()
                throw Broken()
            }
        }
        #expect(try fleet.takeState() == prepared, "\(point) is undone as a whole")
        try await finish(fleet, point, before, hits)
    }

    @Test("a kill before each of them is durable", arguments: CrashPoint.allCases)
    func killBefore(_ point: CrashPoint) async throws {
        let (fleet, hits) = (try await MovingFleet(), Hits())
        let before = try fleet.tenants()
        let step = try await point.prepare(fleet)
        let prepared = try fleet.takeState()
        let files = fleet.files
        _ = await refusal {
            _ = try await fleet.write { change -> Bool in
                _ = try step(change)
                hits.hit(files.image())
                throw Broken()
            }
        }
        try fleet.restart(from: #require(hits.image))
        #expect(try fleet.takeState() == prepared, "\(point) has not happened")
        try await finish(fleet, point, before, hits)
    }

    @Test("a kill after each of them is durable", arguments: CrashPoint.allCases)
    func killAfter(_ point: CrashPoint) async throws {
        let (fleet, hits) = (try await MovingFleet(), Hits())
        let before = try fleet.tenants()
        let step = try await point.prepare(fleet)
        let isTaken = try await fleet.write { change in
            hits.hit()
            return try step(change)
        }
        #expect(isTaken, "\(point) is taken")
        let taken = try fleet.takeState()
        try fleet.restart(from: fleet.files.image())
        #expect(try fleet.takeState() == taken, "\(point) has happened")
        try await finish(fleet, point, before, hits)
    }

    @Test("each of them twice", arguments: CrashPoint.allCases)
    func twice(_ point: CrashPoint) async throws {
        let (fleet, hits) = (try await MovingFleet(), Hits())
        let before = try fleet.tenants()
        let step = try await point.prepare(fleet)
        let isTaken = try await fleet.write(step)
        #expect(isTaken, "\(point) is taken")
        let taken = try fleet.takeState()
        let again = await refusal {
            _ = try await fleet.write { change in
                hits.hit()
                return try step(change)
            }
        }
        #expect((again == nil) != point.isAskedFor, "\(point) again: \(String(describing: again))")
        #expect(try fleet.takeState() == taken, "\(point) is taken once")
        try await finish(fleet, point, before, hits)
    }

    @Test("each of them late, when others have gone on meanwhile", arguments: CrashPoint.allCases)
    func stale(_ point: CrashPoint) async throws {
        let (fleet, hits) = (try await MovingFleet(), Hits())
        let before = try fleet.tenants()
        let step = try await point.prepare(fleet)
        _ = try await fleet.write(step)
        for _ in 1...3 { try await fleet.step() }
        let gone = try fleet.takeState()
        _ = await refusal {
            _ = try await fleet.write { change in
                hits.hit()
                return try step(change)
            }
        }
        let now = try fleet.takeState()
        #expect(now == gone, "\(point) comes too late")
        try await finish(fleet, point, before, hits)
    }

    private func finish(
        _ fleet: MovingFleet, _ point: CrashPoint, _ before: [TenantID: Tenant], _ hits: Hits
    ) async throws {
        #expect(hits.isHit, "\(point) was never reached")
        for operation in try fleet.operations where operation.life.state == .paused {
            try await fleet.ask { try $0.move(operation: operation.id, by: .resume) }
        }
        try await fleet.stepToTheEnd()
        try fleet.expectWhole(since: before, "\(point)")
    }
}

@Suite("A start in the middle of a freeze")
struct FrozenStartTests {
    @Test(
        "knows which gateways had the announcement, so that one that fell silent since is not waited for as a stranger"
    )
    func acknowledgements() async throws {
        let fleet = try await MovingFleet()
        try await fleet.migrate()
        try await fleet.step(until: .freezing)
        try fleet.restart(from: fleet.files.image())
        let announced = try #require(try fleet.batch.announced)
        for name in ["edge-1", "edge-2"] {
            let applied = try #require(fleet.plane.gateways.view(of: name)?.record.applied)
            #expect(applied.revision >= announced)
        }
    }
}

@Suite("A batch's step that was decided from an older row")
struct StaleStepTests {
    @Test("is not taken where another freeze has begun since the barrier was looked at")
    func anotherFreeze() async throws {
        let fleet = try await MovingFleet()
        try await fleet.migrate()
        try await fleet.step(until: .freezing)
        let (first, operation) = (try fleet.batch, try fleet.operation)
        _ = try await fleet.write {
            try $0.take(Change.Step(event: .freezeExpired), of: first, in: operation)
        }
        fleet.time.advance(.seconds(5))
        try await fleet.step(until: .freezing)
        #expect(try fleet.batch.attempt == 2)
        let late = try await fleet.write {
            try $0.take(Change.Step(event: .barrierHeld, heldBy: .gateways), of: first, in: operation)
        }
        #expect(late == nil)
        #expect(try fleet.batch.state == .freezing)
    }

    @Test("and the copy of an earlier freeze does not count for the next")
    func earlierCopy() async throws {
        let fleet = try await MovingFleet()
        try await fleet.migrate()
        try await fleet.step(until: .cutover)
        let (first, operation) = (try fleet.batch, try fleet.operation)
        _ = try await fleet.write {
            try $0.take(Change.Step(event: .freezeExpired), of: first, in: operation)
        }
        fleet.time.advance(.seconds(5))
        try await fleet.step(until: .cutover)
        try await fleet.write { try $0.note(phase: .finalCopy, "late", of: first, in: operation) }
        #expect(try fleet.batch.phase == nil)
        let second = try fleet.batch
        try await fleet.write { try $0.note(phase: .finalCopy, "in time", of: second, in: operation) }
        #expect(try fleet.batch.phase == .finalCopy)
    }
}
