import Testing

@testable import Telemetry

@Test("A counter loses nothing that many threads add at once")
func counterConcurrent() async {
    let counter = Counter()
    await withTaskGroup { group in
        for _ in 0..<8 { group.addTask { for _ in 0..<10_000 { counter.add() } } }
    }
    counter.add(5)
    #expect(counter.value == 80_005)
}
