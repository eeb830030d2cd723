import Registry
import TestRandom
import Testing

@Suite("Go durations")
struct DurationGoTests {
    @Test(
        "Go's spellings in whole numbers are read",
        arguments: [
            ("0", .zero), ("0s", .zero), ("30s", .seconds(30)), ("1h30m", .seconds(5400)),
            ("720h0m0s", .seconds(2_592_000)),
            ("168h", .seconds(604_800)), ("250ms", .milliseconds(250)), ("1s500ms", .milliseconds(1500)),
            ("30m1h", .seconds(5400)), ("007s", .seconds(7)), ("1000000000h", .seconds(3_600_000_000_000)),
        ] as [(String, Duration)])
    func read(_ text: String, _ duration: Duration) { #expect(Duration(go: text) == duration) }

    @Test(
        "fractions, signs, other units and figures without one are refused",
        arguments: [
            "", "1", "00", "s", "h1", "1.5h", ".5s", "-1s", "+1s", "1d", "1w", "1us", "1ns", "1H", "1S",
            "1 s", " 1s", "1s ",
            "1h 30m", "1s\u{301}", "１s", "1000000001h", "9223372036854775808s",
            "99999999999999999999999999999999h",
            "1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s1s",
        ])
    func refused(_ text: String) { #expect(Duration(go: text) == nil) }

    @Test("the sum of the largest parts does not overflow")
    func large() {
        #expect(Duration(go: "1000000000h1000000000h999999999h") == .seconds(10_799_999_996_400))
    }

    @Test(
        "durations are written as Go does",
        arguments: [
            (.zero, "0s"), (.milliseconds(5), "5ms"), (.seconds(1), "1s"), (.seconds(90), "1m30s"),
            (.seconds(60), "1m0s"),
            (.seconds(3600), "1h0m0s"), (.seconds(2_592_000), "720h0m0s"), (.milliseconds(1005), "1.005s"),
        ] as [(Duration, String)])
    func written(_ duration: Duration, _ text: String) { #expect(duration.go == text) }

    @Test("whole seconds come back from their text", arguments: SeededRandom.seeds)
    func roundTrip(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<1000 {
            let duration = Duration.seconds(Int64.random(in: 0...1_000_000_000, using: &random))
            #expect(Duration(go: duration.go) == duration, "seed \(seed)")
        }
    }
}
