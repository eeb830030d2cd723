import Testing

@testable import cellctl

@Suite struct RateMeterTests {
    @Test("there is no rate before a second has passed and something is done")
    func early() {
        var meter = RateMeter()
        #expect(meter.perSecond == nil)
        meter.add(10, at: .zero)
        meter.add(20, at: .milliseconds(999))
        #expect(meter.perSecond == nil)
        meter.add(20, at: .seconds(1))
        #expect(meter.perSecond == 10)
    }

    @Test("what was before the window is forgotten, though polls be rare")
    func window() {
        var meter = RateMeter()
        meter.add(0, at: .zero)
        meter.add(1000, at: .seconds(10))
        meter.add(1060, at: .seconds(40))
        #expect(meter.perSecond == 2)
        meter.add(1160, at: .seconds(140))
        #expect(meter.perSecond == 1)
        meter.add(1160, at: .seconds(141))
        meter.add(1160, at: .seconds(240))
        #expect(meter.perSecond == nil)
    }

    @Test(
        "a rate is written in the unit that shows it",
        arguments: [(351.4, "351/s"), (10.0, "10/s"), (2.44, "2.4/s"), (1.0, "1.0/s"), (0.5, "30.0/min")])
    func text(rate: Double, text: String) { #expect(RateMeter.text(rate) == text) }
}
