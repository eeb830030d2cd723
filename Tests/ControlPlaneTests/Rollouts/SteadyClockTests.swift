import Registry
import TestRandom
import Testing

@testable import ControlPlane

@Suite("The clock that rollouts count by")
struct SteadyClockTests {
    @Test("it goes with the wall clock")
    func goes() {
        let time = ManualClock()
        let steady = SteadyClock(time.clock)
        let start = steady.now()
        #expect(start == time.clock.now())
        time.advance(.milliseconds(7))
        #expect(steady.now().rawValue - start.rawValue == 7)
        time.advance(.seconds(3600))
        #expect(steady.now() == time.clock.now())
    }

    @Test(
        "a jump of the wall clock moves it by a tenth of the time that passes, until it is made up for",
        arguments: [3_600_000, -3_600_000, 500, -500] as [Int64])
    func jumps(by milliseconds: Int64) {
        let time = ManualClock()
        let steady = SteadyClock(time.clock)
        let start = steady.now()
        time.jump(byMilliseconds: milliseconds)
        #expect(steady.now() == start)
        time.advance(.seconds(100))
        let moved = min(max(milliseconds, -10_000), 10_000)
        #expect(steady.now().rawValue - start.rawValue == 100_000 + moved)
        time.advance(.seconds(36_000))
        #expect(steady.now() == time.clock.now())
    }

    @Test(
        "however often it is asked and whatever is done to the wall clock, it never goes back and never runs away"
    )
    func never() {
        var random = SeededRandom(seed: 20_260_302)
        let time = ManualClock()
        let steady = SteadyClock(time.clock)
        let start = steady.now()
        var (last, passed) = (start, Int64(0))
        for _ in 0..<100_000 {
            if Int.random(in: 0..<50, using: &random) == 0 {
                time.jump(byMilliseconds: Int64.random(in: -4_000_000...4_000_000, using: &random))
            }
            let step = Int64.random(in: 0...40, using: &random)
            time.advance(.milliseconds(step))
            passed += step
            let now = steady.now()
            #expect(now >= last)
            let gone = now.rawValue - start.rawValue
            #expect(gone <= passed + passed / 10 && gone >= passed - passed / 10 - 1)
            last = now
        }
    }
}
