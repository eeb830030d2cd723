import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("A drain")
struct DrainTests {
    private static let cell = CellID("cell-1")!
    private static let copier = MoverSpec.webhook(url: "https://copier.example.com/titan")

    private func drain(_ fleet: MovingFleet, _ document: JSONObject = [:]) async throws {
        try await fleet.ask {
            try $0.drain(Self.cell, DrainRequest(document: .object(document), cell: Self.cell))
        }
    }

    /// The copier can't prepare the newest batch, and has nothing to take back.
    private func refuse(_ fleet: MovingFleet, _ operation: Registry.Operation) async throws {
        func newest() throws -> Batch {
            let last = try fleet.batches(of: operation).last
            return try #require(last)
        }
        for _ in 0..<3 where try newest().state == .planned { try await fleet.step() }
        let preparing = try newest()
        try #require(preparing.state == .preparing)
        _ = try await fleet.write {
            try $0.take(Change.Step(event: .abort, note: "prepare: no room"), of: preparing, in: operation)
        }
        let aborting = try newest()
        try await fleet.write { try $0.note(phase: .undo, "nothing to do", of: aborting, in: operation) }
        _ = try await AdvanceBatches(controlPlane: fleet.plane).step()
        try #require(try newest().state == .aborted)
    }

    @Test("whose mover refuses is tried again after longer and longer pauses, and names the mover meanwhile")
    func refusingMover() async throws {
        let fleet = try await MovingFleet()
        try await drain(fleet, ["mover": Self.copier.document])
        let operation = try fleet.operation
        for count in 1...4 {
            try await refuse(fleet, operation)
            let end = EndOperations(controlPlane: fleet.plane)
            let pause = Registry.Operation.pauseBeforePlanning(afterFailures: count)
            for _ in 0..<3 { _ = try await end.step() }
            fleet.time.advance(pause - .milliseconds(1))
            _ = try await end.step()
            #expect(try fleet.batches(of: operation).count == count)
            let blockers = fleet.plane.moves.monitor.blockers(of: operation.id)
            #expect(blockers.first?.kind == "mover" && blockers.first?.id == "batch \(count)")
            #expect(blockers.first?.message.hasPrefix("prepare: no room; tried again at ") == true)
            let shown = operation.shown(blockers: blockers)
            #expect(shown["nextSteps"]?.array?.contains { $0.string?.contains("mover") == true } == true)
            fleet.time.advance(.milliseconds(1))
            _ = try await end.step()
            #expect(try fleet.batches(of: operation).count == count + 1)
        }
    }

    @Test("ends at its deadline by its own rule, and keeps the mover's words")
    func deadline() async throws {
        let fleet = try await MovingFleet()
        let before = try fleet.tenants()
        try await drain(fleet, ["mover": Self.copier.document, "deadline": "60s"])
        try await refuse(fleet, fleet.operation)
        _ = try await EndOperations(controlPlane: fleet.plane).step()
        fleet.time.advance(.seconds(60))
        _ = try await EndOperations(controlPlane: fleet.plane).step()
        let ended = try fleet.operation
        #expect(ended.life.state == .failed)
        #expect(ended.blockers.contains { $0.message.contains("prepare: no room") })
        try fleet.expectWhole(since: before, "every tenant is where it was")
    }

    @Test("pauses no longer than the limit between two tries")
    func longestPause() {
        #expect(Registry.Operation.pauseBeforePlanning(afterFailures: 1) == .seconds(2))
        #expect(Registry.Operation.pauseBeforePlanning(afterFailures: 8) == .seconds(256))
        #expect(Registry.Operation.pauseBeforePlanning(afterFailures: 1000) == Limits.planningPauseMax)
    }

    @Test("is not shown to be over by what an earlier one has observed of the cell")
    func evidenceIsItsOwn() async throws {
        let fleet = try await MovingFleet(tenants: 1)
        try await fleet.poll()
        try await drain(fleet, ["reverseWindow": "0s"])
        for _ in 0..<20 where try fleet.batch.state != .done { try await fleet.step() }
        let first = try fleet.operation
        // The cell is seen empty, and a gateway still to be waited for.
        let seen = fleet.plane.moves.monitor.emptied(
            Self.cell, by: first.id, at: fleet.plane.routing.current.revision)
        let second = OperationID.random(.drain)
        let later = Revision(rawValue: seen.rawValue + 5)
        #expect(fleet.plane.moves.monitor.emptied(Self.cell, by: second, at: later) == later)
    }

    @Test("after one that failed gives the cell back as it was before the first", arguments: [true, false])
    func schedulable(_ was: Bool) async throws {
        let fleet = try await MovingFleet(tenants: 1)
        if !was { try await fleet.plane.move(cell: "cell-1", .cordon) }
        try await fleet.poll()
        try await drain(fleet, ["deadline": "1s", "freezeDeadline": "1s"])
        fleet.time.advance(.seconds(2))
        for _ in 0..<10 where try !fleet.operation.life.state.isDone { try await fleet.step() }
        #expect(try fleet.operation.life.state == .failed)
        #expect(try fleet.plane.cell(named: "cell-1")?.state == .draining)
        try await drain(fleet)
        let running = try #require(try fleet.operations.last { !$0.life.state.isDone })
        try await fleet.ask { try $0.move(operation: running.id, by: .cancel) }
        try await fleet.stepToTheEnd()
        let cell = try fleet.plane.cell(named: "cell-1")
        #expect(cell?.state == .active && cell?.schedulable == was)
    }

    @Test("that others leave no place names them")
    func noPlace() async throws {
        let fleet = try await MovingFleet()
        try await fleet.poll()
        try await fleet.migrate()
        try await fleet.step(until: .announced)
        try await fleet.ask {
            try $0.startMigration(
                MigrationRequest(document: [
                    "tenants": ["t-3"], "to": "cell-3", "maxParallel": ["perSource": 1],
                ]))
        }
        _ = try await AdvanceBatches(controlPlane: fleet.plane).step()
        let (first, second) = (try fleet.operations[0], try fleet.operations[1])
        #expect(try fleet.batches(of: second).map(\.state) == [.planned])
        let blocker = try #require(fleet.plane.moves.monitor.blockers(of: second.id).first)
        #expect(blocker.kind == "operation" && blocker.id == first.id.rawValue)
        #expect(blocker.message.contains("'perSource' lets 1"))
        try await fleet.stepToTheEnd()
    }
}
