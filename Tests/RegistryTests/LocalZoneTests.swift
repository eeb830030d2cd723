import Foundation
import TestRandom
import Testing

@testable import Registry

/// 2026-03-29, when Berlin's clocks go from 02:00 to 03:00, and 2026-10-25, from 03:00 to 02:00.
private let (spring, autumn) = (Int64(20_541), Int64(20_751))

@Suite("Local zones")
struct LocalZoneTests {
    @Test(
        "names of the IANA database and UTC, nothing else",
        arguments: [
            ("UTC", true), ("Europe/Berlin", true), ("America/New_York", true), ("Asia/Kathmandu", true),
            ("GMT+2", false), ("CET", false), ("Europe/Nowhere", false), ("", false), ("+02:00", false),
            ("Berlin", false),
        ])
    func names(_ name: String, _ isZone: Bool) {
        #expect((LocalZone(name) != nil) == isZone)
        if isZone { #expect(LocalZone(name)?.name == name) }
    }

    @Test(
        "a skipped time is the instant of the change, a repeated one is the first or the last",
        arguments: [
            (spring, 119, "2026-03-29T00:59:00.000Z", "2026-03-29T00:59:00.000Z"),
            (spring, 120, "2026-03-29T01:00:00.000Z", "2026-03-29T01:00:00.000Z"),
            (spring, 150, "2026-03-29T01:00:00.000Z", "2026-03-29T01:00:00.000Z"),
            (spring, 180, "2026-03-29T01:00:00.000Z", "2026-03-29T01:00:00.000Z"),
            (spring, 1440, "2026-03-29T22:00:00.000Z", "2026-03-29T22:00:00.000Z"),
            (autumn, 0, "2026-10-24T22:00:00.000Z", "2026-10-24T22:00:00.000Z"),
            (autumn, 120, "2026-10-25T00:00:00.000Z", "2026-10-25T01:00:00.000Z"),
            (autumn, 179, "2026-10-25T00:59:00.000Z", "2026-10-25T01:59:00.000Z"),
            (autumn, 180, "2026-10-25T02:00:00.000Z", "2026-10-25T02:00:00.000Z"),
        ])
    func clockChanges(_ day: Int64, _ minute: Int, _ first: String, _ last: String) throws {
        let berlin = try #require(LocalZone("Europe/Berlin"))
        #expect(berlin.instant(day: day, minute: minute, .first).description == first)
        #expect(berlin.instant(day: day, minute: minute, .last).description == last)
    }

    @Test("days begin where the clocks say so")
    func days() throws {
        let auckland = try #require(LocalZone("Pacific/Auckland"))
        let time = try #require(Timestamp("2026-01-31T12:00:00Z"))
        #expect(auckland.day(at: time) == 20_485)
        #expect(LocalZone("UTC")?.day(at: time) == 20_484)
        #expect(LocalZone("UTC")?.day(at: Timestamp(rawValue: -1)) == -1)
    }

    @Test("every instant is the first or the last of what its clock shows", arguments: SeededRandom.seeds)
    func property(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
        for _ in 0..<500 {
            let name = names.randomElement(using: &random)!
            let zone = try #require(LocalZone(name))
            // Whole minutes of 2020 to 2030, every other one near a clock change of that year.
            var minutes = Int64.random(in: 26_300_000...31_500_000, using: &random)
            let foundation = try #require(TimeZone(identifier: name))
            let date = Date(timeIntervalSince1970: Double(minutes) * 60)
            if let change = foundation.nextDaylightSavingTimeTransition(after: date), random.isOne(in: 2) {
                minutes = Int64(change.timeIntervalSince1970) / 60 + .random(in: -180...180, using: &random)
            }
            let time = Timestamp(rawValue: minutes * 60_000)
            let shown =
                minutes
                + Int64(foundation.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minutes) * 60)))
                / 60
            let (day, minute) = (zone.day(at: time), Int(shown - zone.day(at: time) * 1440))
            #expect((0..<1440).contains(minute), "seed \(seed)")
            let both = [
                zone.instant(day: day, minute: minute, .first), zone.instant(day: day, minute: minute, .last),
            ]
            #expect(both.contains(time) && both[0] <= both[1], "\(name) \(time), seed \(seed)")
        }
    }
}
