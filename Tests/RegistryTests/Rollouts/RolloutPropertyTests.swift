import TestRandom
import Testing

@testable import Registry

@Suite("Rollouts among failures")
struct RolloutPropertyTests {
    @Test("whatever happens, every rule holds and every rollout ends", arguments: SeededRandom.seeds)
    func anything(_ seed: UInt64) throws {
        var ends: [RolloutState: Int] = [:]
        for round in 0..<40 {
            var simulation = try RolloutSimulation(seed: seed &* 1000 &+ UInt64(round))
            for _ in 0..<250 { try simulation.happen() }
            try simulation.finish()
            ends[simulation.world.state, default: 0] += 1
        }
        // A simulation that only ever sees one end has not looked at the others.
        for end in [RolloutState.succeeded, .rolledBack] {
            #expect(ends[end, default: 0] > 0, "seed \(seed): no rollout was \(end): \(ends)")
        }
    }

    @Test("a rollback undoes exactly the cells that were changed", arguments: SeededRandom.seeds)
    func undone(_ seed: UInt64) throws {
        for round in 0..<40 {
            var simulation = try RolloutSimulation(seed: seed &* 1000 &+ UInt64(round))
            let events = Int.random(in: 0..<120, using: &simulation.random)
            for _ in 0..<events { try simulation.happen() }
            guard (try? simulation.world.run.rollBack("", at: simulation.world.now)) != nil else { continue }
            let touched = simulation.everClaimed
            try simulation.finish()
            // A worker that was lost on the way back costs its cell the deadline: it is named, and tried again.
            for _ in 0..<3 where simulation.world.state == .failed {
                #expect(simulation.cells.contains { $0.state == .rollbackFailed })
                try simulation.world.run.retry([], at: simulation.world.now)
                try simulation.finish()
            }
            #expect(simulation.world.state == .rolledBack, "seed \(seed) + \(round)")
            #expect(
                simulation.everClaimed == touched, "seed \(seed) + \(round): a cell was begun on the way back"
            )
            for (cell, real) in simulation.real {
                #expect(real.release == "v1.0.0", "seed \(seed) + \(round): \(cell) runs \(real.release)")
            }
        }
    }
}
