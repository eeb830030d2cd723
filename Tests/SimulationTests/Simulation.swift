import Glibc
import Registry
import Synchronization
import TestRandom

/// Runs schedules: each is all that its seed makes of it.
enum Simulation {
    /// What a schedule begins with, drawn from its seed.
    struct Beginning {
        var setup: SimulatedSetup
        var gateways: Int
        var fenced: [Bool]
        var character = SimulatedCharacter()
        var random: SeededRandom

        init(seed: UInt64, isSmall: Bool = false) {
            var random = SeededRandom(seed: seed)
            let cells = 2 + random.index(3)
            let tenants = 1 + random.index(4)
            let loads = (0..<tenants).map { _ in random.number(1...3) }
            let homes = (0..<tenants).map { _ in random.index(cells) }
            var capacities = (0..<cells).map { _ in random.number(4...16) }
            for home in homes {
                let load = zip(homes, loads).filter { $0.0 == home }.reduce(0) { $0 + $1.1 }
                capacities[home] = max(capacities[home], load)
            }
            setup = SimulatedSetup(capacities: capacities, loads: loads, homes: homes)
            if random.isChance(10) { setup.suspended = [random.index(tenants)] }
            let size = random.index(1000)
            gateways = size < 920 || isSmall ? 3 + random.index(3) : size < 997 ? 6 + random.index(10) : 50
            let fencing = random.index(3)
            fenced = (0..<cells).map { _ in fencing == 0 ? false : fencing == 1 ? true : random.isChance(50) }
            character.lossPercent = [0, 2, 10][random.index(3)]
            character.refusalPercent = [0, 3, 30][random.index(3)]
            character.slowPercent = [0, 3, 10][random.index(3)]
            character.troubleEvery = [4_000, 20_000, 60_000][random.index(3)]
            character.troublesEnd = random.number(40_000...180_000)
            self.random = random
        }
    }

    /// - Returns: what went wrong; nil where nothing did.
    static func run(
        seed: UInt64, plane fault: ModelPlane.Fault? = nil, gateway: SimulatedGateway.Fault? = nil,
        cell: SimulatedCell.Fault? = nil
    ) async throws -> String? {
        let beginning = Beginning(seed: seed)
        var world = try SimulatedWorld(
            ModelPlane(beginning.setup, fault: fault), seed: seed, random: beginning.random,
            gateways: beginning.gateways, fenced: beginning.fenced, character: beginning.character,
            gatewayFault: gateway, cellFault: cell)
        return try await world.run()
    }

    /// The first of `count` seeds after `first` at which something goes wrong, with what.
    static func search(
        from first: UInt64, count: Int, _ run: @escaping @Sendable (UInt64) async throws -> String?
    ) async throws -> (seed: UInt64, what: String)? {
        let next = Counter(count)
        return try await withThrowingTaskGroup(of: (seed: UInt64, what: String)?.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    while true {
                        guard let number = next.next() else { return nil }
                        let seed = first &+ UInt64(number)
                        if let what = try await run(seed) {
                            next.end()
                            return (seed, what)
                        }
                    }
                }
            }
            var found: (seed: UInt64, what: String)?
            for try await result in group { found = found ?? result }
            return found
        }
    }

    /// A number that the environment sets.
    static func setting(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    /// Deals out numbers to those who run schedules beside each other.
    private final class Counter: Sendable {
        private let left: Mutex<Range<Int>>

        init(_ count: Int) { left = Mutex(0..<count) }

        func next() -> Int? { left.withLock { $0.popFirst() } }
        func end() { left.withLock { $0 = 0..<0 } }
    }
}
