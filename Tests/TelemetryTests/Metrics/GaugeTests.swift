import Testing

@testable import Telemetry

@Test("A gauge is set, and goes up and down from many threads at once")
func gauge() async {
    let gauge = Gauge()
    gauge.set(-7)
    await withTaskGroup { group in
        for _ in 0..<4 {
            group.addTask { for _ in 0..<10_000 { gauge.add(3) } }
            group.addTask { for _ in 0..<10_000 { gauge.add(-3) } }
        }
    }
    #expect(gauge.value == -7)
}
