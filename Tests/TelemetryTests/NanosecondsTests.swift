import Testing

@testable import Telemetry

@Suite("Nanoseconds")
struct NanosecondsTests {
    @Test(
        "A duration is cut to what an unsigned number of nanoseconds holds",
        arguments: [
            (.zero, 0), (.nanoseconds(1), 1), (.seconds(-1), 0), (.seconds(3), 3_000_000_000),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), 0),
        ] as [(Duration, UInt64)])
    func duration(duration: Duration, nanoseconds: UInt64) {
        #expect(UInt64(nanosecondsOf: duration) == nanoseconds)
    }

    @Test("The clocks run, and Unix time is of this century")
    func clocks() {
        let (unix, monotonic) = (Nanoseconds.unix(), Nanoseconds.monotonic())
        #expect(unix > 1_700_000_000_000_000_000)
        #expect(Nanoseconds.monotonic() >= monotonic)
    }
}
