import Testing

@testable import Telemetry

@Suite("Histogram")
struct HistogramTests {
    @Test("An amount falls in the first bucket whose bound it does not exceed")
    func bounds() {
        let histogram = Histogram(.counts([0, 10, 20]))
        for amount in [0, 1, 10, 11, 20, 21, 1000] { histogram.record(amount) }
        #expect(histogram.read().counts == [1, 2, 2, 2])
        #expect(histogram.read().sum == 1063)
    }

    @Test("Durations are recorded in nanoseconds, a negative one as none")
    func durations() {
        let histogram = Histogram(.seconds([0.001, 1]))
        histogram.record(nanoseconds: 1_000_000)
        histogram.record(.milliseconds(1) + .nanoseconds(1))
        histogram.record(.seconds(-3))
        #expect(histogram.read().counts == [2, 1, 0])
        #expect(histogram.read().sum == 2_000_001)
    }

    @Test("A duration too long for the sum is the longest there is")
    func longest() {
        let histogram = Histogram(.seconds([1]))
        histogram.record(.seconds(Int64.max))
        #expect(histogram.read().counts == [0, 1])
    }

    @Test("Nothing is lost that many threads record at once")
    func concurrent() async {
        let histogram = Histogram(.bytes([100, 1000]))
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for amount in 1...2000 { histogram.record(amount) } } }
        }
        #expect(histogram.read().counts == [800, 7200, 8000])
        #expect(histogram.read().sum == 8 * 2_001_000)
    }
}
