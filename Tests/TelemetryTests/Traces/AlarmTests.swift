import Testing

@testable import Telemetry

@Suite("Alarm")
struct AlarmTests {
    @Test("It is heard once, also by who waits later")
    func once() {
        let alarm = Alarm()
        alarm.ring()
        alarm.ring()
        #expect(alarm.wait(nanoseconds: 0))
        #expect(!alarm.wait(nanoseconds: 0))
    }

    @Test("It wakes who waits")
    func wakes() async {
        let alarm = Alarm()
        async let heard = alarm.wait(nanoseconds: 10_000_000_000)
        alarm.ring()
        #expect(await heard)
    }
}
