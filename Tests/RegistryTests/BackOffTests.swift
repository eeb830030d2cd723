import Registry
import Testing

@Suite("Back-off")
struct BackOffTests {
    private let backOff = BackOff(first: .milliseconds(500), max: .seconds(60), min: .milliseconds(50))

    @Test("the ceiling doubles with each failure in a row, up to the longest pause")
    func ceiling() {
        let ceilings = (0...9).map { backOff.pause(afterFailures: $0, random: 1) }
        #expect(
            ceilings.map(\.milliseconds)
                == [500, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
        for failures in [41, 64, 1000, Int.max] {
            #expect(backOff.pause(afterFailures: failures, random: 1) == .seconds(60))
        }
        for failures in [-1, Int.min] {
            #expect(backOff.pause(afterFailures: failures, random: 1) == .milliseconds(500))
        }
    }

    @Test("the whole range below the ceiling is drawn from, but for a busy loop")
    func fullJitter() {
        #expect(backOff.pause(afterFailures: 4, random: 0.5) == .seconds(2))
        #expect(backOff.pause(afterFailures: 4, random: 0.25) == .seconds(1))
        for random in [0, 0.001, -1] {
            #expect(backOff.pause(afterFailures: 4, random: random) == .milliseconds(50))
        }
        #expect(backOff.pause(afterFailures: 4, random: 2) == .seconds(4))
    }
}
