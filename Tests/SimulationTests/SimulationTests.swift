import Registry
import Testing

/// `SIMULATION_SEED=…` replays one schedule, `SIMULATION_SCHEDULES=…` says how many are run.
@Suite("A simulated fleet")
struct SimulationTests {
    @Test(
        "no schedule of crashes, partitions, lost messages and jumping clocks lets two cells take a tenant's writes"
    )
    func schedules() async throws {
        if let seed = Simulation.setting("SIMULATION_SEED") {
            #expect(try await Simulation.run(seed: seed) == nil, "seed \(seed)")
            return
        }
        let count = Int(Simulation.setting("SIMULATION_SCHEDULES") ?? 100_000)
        let first = UInt64.random(in: 0...UInt64.max / 2)
        let start = ContinuousClock.now
        let found = try await Simulation.search(from: first, count: count) {
            try await Simulation.run(seed: $0)
        }
        let seconds = Double((ContinuousClock.now - start).milliseconds) / 1000
        print("\(count) schedules from seed \(first), \(Int(Double(count) / max(seconds, 0.001))) a second")
        #expect(found == nil, "SIMULATION_SEED=\(found?.seed ?? 0): \(found?.what ?? "")")
    }

    @Test("a schedule is all that its seed makes of it")
    func replay() async throws {
        let beginning = Simulation.Beginning(seed: 7)
        var ends: [SimulatedTruth] = []
        for _ in 1...2 {
            var world = try SimulatedWorld(
                ModelPlane(beginning.setup), seed: 7, random: beginning.random, gateways: beginning.gateways,
                fenced: beginning.fenced, character: beginning.character)
            #expect(try await world.run() == nil)
            ends.append(world.plane.truth())
        }
        #expect(ends[0] == ends[1] && ends[0].operations.isEmpty == false)
    }

    @Test(
        "each guard of the control plane is needed: without it a schedule goes wrong",
        arguments: ModelPlane.Fault.allCases)
    func planeFaults(_ fault: ModelPlane.Fault) async throws {
        try await expectNoticed(fault) { try await Simulation.run(seed: $0, plane: fault) }
    }

    @Test(
        "each rule of the gateways' contract is needed: broken, a schedule goes wrong",
        arguments: SimulatedGateway.Fault.allCases)
    func gatewayFaults(_ fault: SimulatedGateway.Fault) async throws {
        try await expectNoticed(fault) { try await Simulation.run(seed: $0, gateway: fault) }
    }

    @Test(
        "each rule of the cells' contract is needed: broken, a schedule goes wrong",
        arguments: SimulatedCell.Fault.allCases)
    func cellFaults(_ fault: SimulatedCell.Fault) async throws {
        try await expectNoticed(fault) { try await Simulation.run(seed: $0, cell: fault) }
    }

    private func expectNoticed(
        _ fault: some Sendable, _ run: @escaping @Sendable (UInt64) async throws -> String?
    ) async throws {
        let found = try await Simulation.search(from: 1, count: 100_000, run)
        print("\(fault): \(found.map { "seed \($0.seed) \($0.what)" } ?? "not noticed")")
        #expect(found != nil, "\(fault) is not noticed")
    }
}
