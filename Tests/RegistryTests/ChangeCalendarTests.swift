import Foundation
import TestRandom
import Testing

@testable import Registry

@Suite("Change calendar")
struct ChangeCalendarTests {
    private static func weekly(
        _ name: String, _ days: Set<CalendarWindow.Weekday>, _ from: Int, _ to: Int,
        in zone: String = "Europe/Berlin"
    ) throws -> CalendarWindow {
        CalendarWindow(
            name: name, span: .weekly(zone: try #require(LocalZone(zone)), days: days, from: from, to: to))
    }

    private static func once(_ name: String, _ start: String, _ end: String) throws -> CalendarWindow {
        CalendarWindow(
            name: name,
            span: .once(start: try #require(Timestamp(start)), end: try #require(Timestamp(end))))
    }

    /// Window, when free again, next window and its begin.
    private static func told(_ calendar: ChangeCalendar, at time: String) throws -> [String] {
        let status = calendar.status(at: try #require(Timestamp(time)))
        return [
            status.current?.window, status.until?.description, status.next?.window,
            status.next?.start.description,
        ].map { $0 ?? "-" }
    }

    @Test("a weekend is one stretch of two days, by the clocks of its zone")
    func weekend() throws {
        let calendar = ChangeCalendar(windows: [try Self.weekly("weekend", [.sat, .sun], 0, 1440)])
        // Berlin is an hour ahead in winter. 2026-01-31 is a Saturday.
        #expect(
            try Self.told(calendar, at: "2026-01-30T22:59:59.999Z") == [
                "-", "-", "weekend", "2026-01-30T23:00:00.000Z",
            ])
        for time in ["2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z", "2026-02-01T22:59:59.999Z"] {
            #expect(
                try Self.told(calendar, at: time) == [
                    "weekend", "2026-02-01T23:00:00.000Z", "weekend", "2026-02-06T23:00:00.000Z",
                ])
        }
        #expect(try Self.told(calendar, at: "2026-02-01T23:00:00Z")[0] == "-")
    }

    @Test("a window may pass midnight")
    func midnight() throws {
        let calendar = ChangeCalendar(windows: [try Self.weekly("night", [.fri], 22 * 60, 6 * 60, in: "UTC")])
        #expect(try Self.told(calendar, at: "2026-01-30T21:59:00Z")[0] == "-")
        for time in ["2026-01-30T22:00:00Z", "2026-01-31T05:59:59Z"] {
            #expect(try Self.told(calendar, at: time)[..<2] == ["night", "2026-01-31T06:00:00.000Z"])
        }
        #expect(
            try Self.told(calendar, at: "2026-01-31T06:00:00Z") == [
                "-", "-", "night", "2026-02-06T22:00:00.000Z",
            ])
        #expect(try Self.told(calendar, at: "2026-01-30T03:00:00Z")[0] == "-", "Thursday's night is free")
    }

    @Test("clock changes make a window longer or shorter, never leave a hole in it")
    func clockChange() throws {
        let calendar = ChangeCalendar(windows: [try Self.weekly("sunday night", [.sun], 60, 150)])
        // Spring: 01:00 to the jump at 02:00, for 02:30 is skipped.
        #expect(
            try Self.told(calendar, at: "2026-03-29T00:30:00Z")[..<2] == [
                "sunday night", "2026-03-29T01:00:00.000Z",
            ])
        #expect(try Self.told(calendar, at: "2026-03-29T01:00:00Z")[0] == "-")
        // Autumn: from 01:00 to the second 02:30, two and a half hours.
        for time in ["2026-10-24T23:00:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:29:00Z"] {
            #expect(try Self.told(calendar, at: time)[..<2] == ["sunday night", "2026-10-25T01:30:00.000Z"])
        }
        // In a window that is skipped as a whole, nothing is forbidden.
        let skipped = ChangeCalendar(windows: [try Self.weekly("gap", [.sun], 125, 175)])
        #expect(try Self.told(skipped, at: "2026-03-29T01:00:00Z")[0] == "-")
        #expect(try Self.told(skipped, at: "2026-03-28T12:00:00Z")[3] == "2026-04-05T00:05:00.000Z")
    }

    @Test("single windows, and windows that follow on each other, end when the last does")
    func chained() throws {
        let calendar = ChangeCalendar(windows: [
            try Self.once("sale", "2026-11-27T00:00:00Z", "2026-11-28T12:00:00Z"),
            try Self.once("count", "2026-11-28T10:00:00Z", "2026-11-30T00:00:00Z"),
            try Self.once("later", "2026-12-24T00:00:00Z", "2026-12-27T00:00:00Z"),
        ])
        #expect(
            try Self.told(calendar, at: "2026-11-01T00:00:00Z") == [
                "-", "-", "sale", "2026-11-27T00:00:00.000Z",
            ])
        #expect(
            try Self.told(calendar, at: "2026-11-27T00:00:00Z") == [
                "sale", "2026-11-30T00:00:00.000Z", "later", "2026-12-24T00:00:00.000Z",
            ])
        #expect(try Self.told(calendar, at: "2026-11-28T11:00:00Z")[0] == "count")
        #expect(try Self.told(calendar, at: "2027-01-01T00:00:00Z") == ["-", "-", "-", "-"])
    }

    @Test("without a gap there is no end in sight")
    func endless() throws {
        let always = ChangeCalendar(windows: [
            try Self.weekly("always", Set(CalendarWindow.Weekday.allCases), 0, 1440)
        ])
        #expect(try Self.told(always, at: "2026-01-01T00:00:00Z") == ["always", "-", "-", "-"])
        #expect(ChangeCalendar().status(at: Timestamp(rawValue: 0)) == ChangeCalendar.Status())
    }

    @Test("away from clock changes, what counts is what the wall says", arguments: SeededRandom.seeds)
    func property(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let names: [CalendarWindow.Weekday] = [.sun, .mon, .tue, .wed, .thu, .fri, .sat]
        for _ in 0..<300 {
            let zone = ["Asia/Kathmandu", "America/Phoenix", "UTC"].randomElement(using: &random)!
            let (from, to) = (
                Int.random(in: 0..<1440, using: &random), Int.random(in: 1...1440, using: &random)
            )
            guard from != to else { continue }
            let days = Set(names.filter { _ in random.isOne(in: 3) })
            let calendar = ChangeCalendar(windows: [try Self.weekly("w", days, from, to, in: zone)])
            let time = Timestamp(rawValue: .random(in: 1_500_000_000_000...2_000_000_000_000, using: &random))

            var wall = Calendar(identifier: .gregorian)
            wall.timeZone = try #require(TimeZone(identifier: zone))
            let shown = wall.dateComponents(
                [.weekday, .hour, .minute], from: Date(timeIntervalSince1970: Double(time.rawValue) / 1000))
            let (today, hour, minute) = (
                try #require(shown.weekday) - 1, try #require(shown.hour), try #require(shown.minute)
            )
            let now = hour * 60 + minute
            let sinceToday = days.contains(names[today]) && now >= from && (now < to || to < from)
            let sinceYesterday = days.contains(names[(today + 6) % 7]) && to < from && now < to
            let status = calendar.status(at: time)
            #expect(
                (status.current != nil) == (sinceToday || sinceYesterday), "seed \(seed), \(time), \(zone)")
            if let until = status.until { #expect(calendar.status(at: until).current == nil, "seed \(seed)") }
            if let next = status.next {
                #expect(next.start > time && calendar.status(at: next.start).current == next, "seed \(seed)")
            }
        }
    }
}
