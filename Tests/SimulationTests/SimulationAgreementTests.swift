import Glibc
import Registry
import TestRandom
import Testing

@testable import ControlPlane

/// The model is only worth what it has in common with the real one: the same schedules over both, step by step.
@Suite("The simulation's model and the control plane")
struct SimulationAgreementTests {
    @Test("go the same way through the same schedules, over a real database")
    func agreement() async throws {
        let first = Simulation.setting("SIMULATION_SEED")
        let count = first == nil ? Simulation.setting("SIMULATION_REAL_SCHEDULES") ?? 100 : 1
        let start = first ?? .random(in: 0...UInt64.max / 2)
        for seed in start..<start + count {
            let model = try await trace(seed) { ModelPlane($0) }
            let real = try await withFolder { folder in
                try await trace(seed) { try await RealPlane($0, folder: folder) }
            }
            let differs = zip(model.truths, real.truths).enumerated().first { $0.element.0 != $0.element.1 }
            if let differs {
                Issue.record(
                    """
                    seed \(seed), step \(differs.offset): the model
                    \(differs.element.0)
                    the control plane
                    \(differs.element.1)
                    """)
                return
            }
            #expect(model.truths.count == real.truths.count, "seed \(seed)")
            #expect(model.violation == nil && real.violation == nil, "seed \(seed): \(real.violation ?? "")")
        }
    }

    private func trace<Plane: SimulatedPlane>(
        _ seed: UInt64, _ make: (SimulatedSetup) async throws -> Plane
    ) async throws -> (truths: [SimulatedTruth], violation: String?) {
        let beginning = Simulation.Beginning(seed: seed, isSmall: true)
        var character = beginning.character
        character.splits = false
        var world = try SimulatedWorld(
            TracedPlane(plane: try await make(beginning.setup)), seed: seed, random: beginning.random,
            gateways: beginning.gateways, fenced: beginning.fenced,
            character: character)
        let violation = try await world.run()
        try world.plane.close()
        return (world.plane.truths, violation)
    }

    private func withFolder<T>(_ body: (String) async throws -> T) async throws -> T {
        var template = Array("/tmp/control-plane-simulation-XXXXXX".utf8CString)
        let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
        defer {
            for name in ["registry.db", "registry.db-wal", "registry.db-shm", "registry.db.lock"] {
                unlink(folder + "/" + name)
            }
            rmdir(folder)
        }
        return try await body(folder)
    }
}

/// Keeps what the store holds after each step that may change it.
struct TracedPlane<Plane: SimulatedPlane>: SimulatedPlane {
    var plane: Plane
    var truths: [SimulatedTruth] = []

    private mutating func trace() throws {
        let truth = try plane.truth()
        if truth != truths.last { truths.append(truth) }
    }

    func close() throws { (plane as? RealPlane)?.close() }

    var version: Int { 0 }
    func table() throws -> SimulatedTable { try plane.table() }
    func truth() throws -> SimulatedTruth { try plane.truth() }
    func standing() throws -> SimulatedStanding { try plane.standing() }
    func blockers(of operation: Int) -> [Blocker] { plane.blockers(of: operation) }
    func operationCount() throws -> Int { try plane.operationCount() }
    func isIdle() throws -> Bool { try plane.isIdle() }
    func problem(atEnd isEnd: Bool) throws -> String? { try plane.problem(atEnd: isEnd) }

    mutating func contact(gateway: Int, applied: Int64?, at time: SimulatedTime) async throws {
        try await plane.contact(gateway: gateway, applied: applied, at: time)
    }
    mutating func deregister(gateway: Int, at time: SimulatedTime) async throws {
        try await plane.deregister(gateway: gateway, at: time)
    }
    mutating func acknowledge(cell: Int, applied: Int64, at time: SimulatedTime) throws {
        try plane.acknowledge(cell: cell, applied: applied, at: time)
    }
    mutating func ask(_ wish: SimulatedWish, at time: SimulatedTime) async throws -> Bool {
        let isDone = try await plane.ask(wish, at: time)
        try trace()
        return isDone
    }
    mutating func advanceBatches(at time: SimulatedTime) async throws -> Bool {
        let isTaken = try await plane.advanceBatches(at: time)
        try trace()
        return isTaken
    }
    mutating func advanceHalfway(at time: SimulatedTime, _ random: inout SeededRandom) {
        plane.advanceHalfway(at: time, &random)
    }
    mutating func endOperations(at time: SimulatedTime) async throws {
        try await plane.endOperations(at: time)
        try trace()
    }
    mutating func saveContacts(at time: SimulatedTime) async throws {
        try await plane.saveContacts(at: time)
    }
    mutating func restart(at time: SimulatedTime) async throws {
        try await plane.restart(at: time)
        try trace()
    }
}
