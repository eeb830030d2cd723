import TestRandom
import Testing

@testable import Registry

@Suite("Runs of cron expressions")
struct CronRunsTests {
    private func runs(_ text: String, _ zone: String, after time: String, _ count: Int) throws -> [String] {
        let (zone, time) = (try #require(LocalZone(zone)), try #require(Timestamp(time)))
        return try CronExpression(text).runs(after: time, in: zone, count: count).map(\.description)
    }

    @Test(
        "the guide's schedules, words, and what is rare",
        arguments: [
            ("0 2 * * *", "UTC", ["2026-01-31T02:00:00.000Z", "2026-02-01T02:00:00.000Z"]),
            ("0 * * * *", "UTC", ["2026-01-31T00:00:00.000Z", "2026-01-31T01:00:00.000Z"]),
            ("@weekly", "Asia/Kathmandu", ["2026-01-31T18:15:00.000Z", "2026-02-07T18:15:00.000Z"]),
            ("0 0 29 2 *", "UTC", ["2028-02-29T00:00:00.000Z", "2032-02-29T00:00:00.000Z"]),
            ("@yearly", "UTC", ["2027-01-01T00:00:00.000Z", "2028-01-01T00:00:00.000Z"]),
            ("0 0 1 * mon", "UTC", ["2026-02-01T00:00:00.000Z", "2026-02-02T00:00:00.000Z"]),
            ("0 0 31 2 fri", "UTC", ["2026-02-06T00:00:00.000Z", "2026-02-13T00:00:00.000Z"]),
            ("@every 1h30m", "Asia/Kathmandu", ["2026-01-31T00:00:00.000Z", "2026-01-31T01:30:00.000Z"]),
        ])
    func next(_ text: String, _ zone: String, _ expected: [String]) throws {
        #expect(try runs(text, zone, after: "2026-01-30T23:59:59.999Z", 2) == expected)
    }

    @Test("a leap day is found over the eight years around 2100")
    func leapDay() throws {
        #expect(
            try runs("0 0 29 2 *", "UTC", after: "2096-02-29T00:00:00Z", 1) == ["2104-02-29T00:00:00.000Z"])
    }

    // In Berlin clocks go from 02:00 to 03:00 at 01:00Z of 2026-03-29, and back at 01:00Z of 2026-10-25.

    @Test("a time that is skipped runs once, at the instant of the change")
    func skipped() throws {
        #expect(
            try runs("15,45 2 * * *", "Europe/Berlin", after: "2026-03-28T01:30:00Z", 4) == [
                "2026-03-28T01:45:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:15:00.000Z",
                "2026-03-30T00:45:00.000Z",
            ])
    }

    @Test("a time that comes twice runs the first time")
    func repeated() throws {
        #expect(
            try runs("30 2 * * *", "Europe/Berlin", after: "2026-10-24T00:30:00Z", 2) == [
                "2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z",
            ])
    }

    @Test("where every hour is taken, runs follow real time at both changes")
    func realTime() throws {
        #expect(
            try runs("30 * * * *", "Europe/Berlin", after: "2026-03-29T00:00:00Z", 2) == [
                "2026-03-29T00:30:00.000Z", "2026-03-29T01:30:00.000Z",
            ])
        #expect(
            try runs("30 * * * *", "Europe/Berlin", after: "2026-10-25T00:00:00Z", 3) == [
                "2026-10-25T00:30:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25T02:30:00.000Z",
            ])
    }

    @Test("the hour that a day shows anew after midnight is no hour of the next day")
    func overMidnight() throws {
        // Beirut's clocks go from Sunday 00:00 back to Saturday 23:00 at 21:00Z of 2027-10-30.
        #expect(
            try runs("40 * * * sat", "Asia/Beirut", after: "2027-10-30T20:59:59Z", 1) == [
                "2027-10-30T21:40:00.000Z"
            ])
    }

    @Test("minutes go on where the clock goes back to the day before")
    func backOverMidnight() throws {
        // St John's clocks went from 00:01 of 2008-11-02 back to 23:01 at 02:31Z.
        let zone = try #require(LocalZone("America/St_Johns"))
        let start = try #require(Timestamp("2008-11-02T02:00:00Z"))
        let minutes = (1...120).map { start.advanced(byMilliseconds: $0 * 60_000) }
        let expression = try CronExpression("* * * * *")
        #expect(expression.runs(after: start, in: zone, count: 120) == minutes)
        #expect(expression.runs(after: start, through: minutes[119], in: zone, countMax: 999) == minutes)
    }

    @Test("due runs are the newest ones up to an instant, which counts")
    func due() throws {
        let expression = try CronExpression("0 * * * *")
        let end = try #require(Timestamp("2026-01-31T05:00:00Z"))
        let start = end.advanced(byMilliseconds: -3 * 3_600_000)
        let all = expression.runs(after: start, through: end, in: .utc, countMax: 100)
        #expect(all.map(\.description).map { $0.dropFirst(11).prefix(2) } == ["03", "04", "05"])
        #expect(expression.runs(after: start, through: end, in: .utc, countMax: 2) == Array(all.dropFirst()))
        #expect(expression.runs(after: end, through: end, in: .utc, countMax: 2) == [])
    }

    @Test(
        "the longest pause is that over a weekend, or over the day that clocks go back",
        arguments: [
            ("0 2 * * *", "UTC", "24h0m0s"), ("0 2 * * mon-fri", "UTC", "72h0m0s"),
            ("0 2 * * *", "Europe/Berlin", "25h0m0s"), ("@every 90m", "UTC", "1h30m0s"),
        ])
    func longestPause(_ text: String, _ zone: String, _ expected: String) throws {
        let pause = try CronExpression(text).longestPause(
            after: #require(Timestamp("2026-10-10T00:00:00Z")), in: #require(LocalZone(zone)))
        #expect(pause.go == expected)
    }

    @Test("runs are those that a look at every minute finds", arguments: SeededRandom.seeds)
    func everyMinute(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let zones = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Antarctica/Troll"]
        for _ in 0..<40 {
            let zone = try #require(LocalZone(zones.randomElement(using: &random)!))
            let hours = ["*", "*/2", "1-3", "0,2", "23,0-1"].randomElement(using: &random)!
            let minute = ["*/20", "30", "0", "7,50"].randomElement(using: &random)!
            let fields = "\(minute) \(hours) * * *"
            let expression = try CronExpression(fields)
            guard case .fields(let taken) = expression.timing else { continue }
            // Two days of 2026, every other time those of a change of Berlin, Lord Howe or St John's.
            let changes: [Int64] = [29_579_220, 29_881_500, 29_587_260, 29_849_310, 29_552_731, 29_890_951]
            let change = changes.randomElement(using: &random)!
            let start =
                random.isOne(in: 2)
                ? change - .random(in: 0...2000, using: &random)
                : .random(in: 29_500_000...29_900_000, using: &random)
            var expected: Set<Int64> = []
            var shownBefore: Set<Int64> = []
            var last = zone.shown(at: Timestamp(rawValue: (start - 3000) * 60_000))
            for minute in start - 3000...start + 2880 {
                let shown = zone.shown(at: Timestamp(rawValue: minute * 60_000))
                let local = shown.day * 1440 + Int64(shown.minute)
                let before = last.day * 1440 + Int64(last.minute)
                let isNew = shownBefore.insert(local).inserted
                // What the clock passes since the minute before, which is more than one minute where it jumps.
                let passed = taken.isHourly || local <= before ? [local] : Array(before + 1...local)
                if taken.isHourly || isNew,
                    passed.contains(where: { taken.minute(from: Int($0 % 1440)) == Int($0 % 1440) })
                {
                    expected.insert(minute)
                }
                last = shown
            }
            let window = Timestamp(rawValue: start * 60_000)
            let end = Timestamp(rawValue: (start + 2880) * 60_000)
            let runs = expression.runs(after: window, through: end, in: zone, countMax: 10_000)
            #expect(
                runs.map { $0.rawValue / 60_000 } == expected.filter { $0 > start }.sorted(),
                "\(fields) \(zone.name) from \(window), seed \(seed)")
            var forward: [Timestamp] = []
            var run = expression.next(after: window, in: zone)
            while run <= end {
                forward.append(run)
                run = expression.next(after: run, in: zone)
            }
            #expect(forward == runs, "\(fields) \(zone.name) from \(window), seed \(seed)")
        }
    }
}
