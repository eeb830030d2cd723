import Registry
import TestRandom
import Testing

@Suite("Rollouts of a real control plane among failures", .serialized)
struct RolloutScheduleTests {
    @Test(
        "whatever happens, killed or not, every rule holds and every rollout ends",
        arguments: SeededRandom.seeds)
    func anything(_ seed: UInt64) async throws {
        for round in 0..<4 {
            let schedule = try await RolloutSchedule(seed: seed &* 1000 &+ UInt64(round))
            for event in 1...200 {
                try await schedule.happen()
                if event % 5 == 0 { try await schedule.check() }
            }
            _ = try await schedule.finish()
        }
    }

    @Test("500 cells, and twenty hands at once")
    func large() async throws {
        let seed = UInt64.random(in: 0...UInt64.max / 2)
        print("500 cells from seed \(seed)")
        let schedule = try await RolloutSchedule(seed: seed, cells: 500)
        for event in 1...1500 {
            try await schedule.happen()
            if event % 100 == 0 { try await schedule.check() }
        }
        let end = try await schedule.finish()
        #expect(end.isDone, "seed \(seed)")
    }
}
