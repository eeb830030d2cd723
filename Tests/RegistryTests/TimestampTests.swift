import Registry
import TestRandom
import Testing

@Suite("Timestamp")
struct TimestampTests {
    /// Beside each time the seconds that `date -u -d <it> +%s` prints.
    @Test(
        "times are the instants that date knows",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59Z", -1), ("2000-02-29T12:34:56Z", 951_827_696),
            ("1999-12-31T23:59:59Z", 946_684_799), ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2026-01-31T12:03:10Z", 1_769_860_990), ("1900-03-01T00:00:00Z", -2_203_891_200),
            ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("2100-02-28T23:59:59Z", 4_107_542_399),
        ] as [(String, Int64)])
    func known(_ text: String, _ seconds: Int64) throws {
        let time = try #require(Timestamp(text))
        #expect(time.rawValue == seconds * 1000)
        #expect(time.description == text.dropLast() + ".000Z")
    }

    @Test(
        "every spelling of RFC 3339 is read",
        arguments: [
            ("2026-01-31t12:03:10z", 0), ("2026-01-31T12:03:10.5Z", 500), ("2026-01-31T12:03:10.05Z", 50),
            ("2026-01-31T12:03:10.123Z", 123), ("2026-01-31T12:03:10.123999999999999999999999Z", 123),
            ("2026-01-31T12:03:10+00:00", 0), ("2026-01-31T12:03:10-00:00", 0),
            ("2026-01-31T13:03:10+01:00", 0), ("2026-01-31T06:33:10-05:30", 0),
            ("2026-02-01T11:02:10.001+22:59", 1), ("2026-01-30T12:04:10-23:59", 0),
        ] as [(String, Int64)])
    func spellings(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(text)?.rawValue == 1_769_860_990_000 + milliseconds)
    }

    @Test(
        "what is no RFC 3339 time is refused",
        arguments: [
            "", "now", "2026-01-31", "2026-01-31T12:03Z", "2026-01-31T12:03:10", "2026-01-31 12:03:10Z",
            "2026-01-31T12:03:10.Z", "2026-01-31T12:03:10,5Z", "2026-01-31T12:03:10+0100",
            "2026-01-31T12:03:10+1:00",
            "2026-01-31T12:03:10+24:00", "2026-01-31T12:03:10+01:60", "2026-01-31T12:03:10Zx",
            "2026-01-31T24:00:00Z",
            "2026-01-31T12:60:00Z", "2026-01-31T12:03:60Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z",
            "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z", "2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "+2026-1-31T12:03:10Z", "-026-01-31T12:03:10Z",
            "12026-01-31T12:03:10Z", "２０26-01-31T12:03:10Z", " 2026-01-31T12:03:10Z",
            // Before the year 0000 and after 9999, which can't be written.
            "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        ])
    func refused(_ text: String) { #expect(Timestamp(text) == nil) }

    @Test("29 February is there every fourth year, but not in three of four centuries")
    func leapYears() {
        for year in 1600...2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            #expect((Timestamp("\(year)-02-29T00:00:00Z") != nil) == isLeap, "\(year)")
        }
    }

    @Test("each day follows the one before for eight hundred years")
    func everyDay() throws {
        let first = try #require(Timestamp("1600-01-01T00:00:00Z"))
        let daysOf = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var days: Int64 = 0
        for year in 1600..<2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for month in 1...12 {
                let text = "\(year)-\(month < 10 ? "0" : "")\(month)-01T00:00:00.000Z"
                #expect(first.advanced(byMilliseconds: days * 86_400_000).description == text)
                days += Int64(daysOf[month - 1] + (month == 2 && isLeap ? 1 : 0))
            }
        }
    }

    @Test("any instant comes back from its text", arguments: SeededRandom.seeds)
    func roundTrip(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            let time = Timestamp(
                rawValue: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
            guard Timestamp(time.description) == time else {
                Issue.record("\(time.rawValue) is written \(time), seed \(seed)")
                return
            }
        }
    }

    @Test("texts are in the order of the instants", arguments: SeededRandom.seeds)
    func order(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let times = (0..<1000).map { _ in
            Timestamp(rawValue: .random(in: -62_167_219_200_000...253_402_300_799_999, using: &random))
        }
        #expect(times.sorted().map(\.description) == times.map(\.description).sorted(), "seed \(seed)")
    }
}
