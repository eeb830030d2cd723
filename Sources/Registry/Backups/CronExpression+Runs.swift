/// When an expression runs in a time zone, whose clocks are set forward and back.
///
/// - Where only some hours are taken (`0 2 * * *`, `30 */6 * * *`), each time of the clock that it names is one run:
///   of a time that is skipped at the instant of the change, where several are skipped together, once; of a time that
///   comes twice at the first. So a daily backup runs once each day of the year.
/// - Where every hour is taken (`*/15 * * * *`, `@hourly`), runs follow real time: what is skipped is no run, and what
///   comes twice are two, so that the pause between two runs is never longer than on other days.
///
/// Vixie cron does the same, but takes any field of minutes or hours that begins with `*` for the second kind. croniter
/// agrees, but runs a time of the first kind twice where it comes twice.
extension CronExpression {
    /// The first run after an instant, which itself may be one.
    public func next(after time: Timestamp, in zone: LocalZone) -> Timestamp {
        switch timing {
        case .every(let seconds):
            let period = seconds * 1000
            return Timestamp(rawValue: (time.rawValue.flooredDivision(by: period).0 + 1) * period)
        case .fields(let fields):
            return fields.isHourly ? fields.nextReal(after: time, zone) : fields.nextNamed(after: time, zone)
        }
    }

    /// The last run before an instant, which itself may be one.
    public func previous(before time: Timestamp, in zone: LocalZone) -> Timestamp {
        switch timing {
        case .every(let seconds):
            let period = seconds * 1000
            return Timestamp(rawValue: (time.rawValue - 1).flooredDivision(by: period).0 * period)
        case .fields(let fields):
            return fields.isHourly
                ? fields.previousReal(before: time, zone) : fields.previousNamed(before: time, zone)
        }
    }

    /// The next runs, in order.
    public func runs(after time: Timestamp, in zone: LocalZone, count: Int) -> [Timestamp] {
        var last = time
        return (0..<count).map { _ in
            last = next(after: last, in: zone)
            return last
        }
    }

    /// The runs after one instant and up to another, in order; of more than `countMax` the newest.
    public func runs(
        after start: Timestamp, through end: Timestamp, in zone: LocalZone, countMax: Int
    ) -> [Timestamp] {
        var runs: [Timestamp] = []
        var run = previous(before: end.advanced(byMilliseconds: 1), in: zone)
        while run > start, runs.count < countMax {
            runs.append(run)
            run = previous(before: run, in: zone)
        }
        return runs.reversed()
    }

    /// The longest pause between two runs of the next 30: what a schedule promises, if nothing else is said.
    public func longestPause(after time: Timestamp, in zone: LocalZone) -> Duration {
        let runs = runs(after: time, in: zone, count: 30)
        let longest = zip(runs, runs.dropFirst()).map { $1.rawValue - $0.rawValue }.max() ?? 0
        return .milliseconds(longest)
    }
}

// MARK: Each time of the clock once

extension CronFields {
    // The instant of a time that the clock shows never falls as that time grows. So the search goes through the times,
    // and the first one whose instant lies on the right side is the nearest.

    fileprivate func nextNamed(after time: Timestamp, _ zone: LocalZone) -> Timestamp {
        var (day, minute) = zone.shown(at: time)
        while true {
            if takes(day: day) {
                while let taken = self.minute(from: minute) {
                    let run = zone.instant(day: day, minute: taken, .first)
                    if run > time { return run }
                    minute = taken + 1
                }
            }
            (day, minute) = (day + 1, 0)
        }
    }

    fileprivate func previousNamed(before time: Timestamp, _ zone: LocalZone) -> Timestamp {
        var (day, minute) = zone.latestShown(until: time)
        while true {
            if takes(day: day) {
                while let taken = self.minute(through: minute) {
                    let run = zone.instant(day: day, minute: taken, .first)
                    if run < time { return run }
                    minute = taken - 1
                }
            }
            (day, minute) = (day - 1, 1439)
        }
    }
}

// MARK: In real time

extension CronFields {
    // Each date that is taken is walked through minute by minute, from its first instant to its last, and the clock is
    // looked at. A run is at most an hour and a clock change away, for every hour is taken. What the clock shows of
    // another date on the way, where it goes back over midnight, counts as well.

    fileprivate func nextReal(after time: Timestamp, _ zone: LocalZone) -> Timestamp {
        let soonest = Timestamp(minute: time.minute + 1)
        // A clock that was set back over midnight shows the day before once more.
        var day = zone.day(at: time) - 1
        while true {
            if takes(day: day) {
                var run = max(soonest, zone.instant(day: day, minute: 0, .first))
                let end = zone.instant(day: day + 1, minute: 0, .last)
                while run < end {
                    if isRun(at: run, zone) { return run }
                    run = Timestamp(minute: run.minute + 1)
                }
            }
            day += 1
        }
    }

    fileprivate func previousReal(before time: Timestamp, _ zone: LocalZone) -> Timestamp {
        let latest = Timestamp(rawValue: time.rawValue - 1)
        var day = zone.day(at: time) + 1
        while true {
            if takes(day: day) {
                let start = zone.instant(day: day, minute: 0, .first)
                let end = zone.instant(day: day + 1, minute: 0, .last).advanced(byMilliseconds: -1)
                var run = Timestamp(minute: min(latest, end).minute)
                while run >= start {
                    if isRun(at: run, zone) { return run }
                    run = Timestamp(minute: run.minute - 1)
                }
            }
            day -= 1
        }
    }

    private func isRun(at time: Timestamp, _ zone: LocalZone) -> Bool {
        let shown = zone.shown(at: time)
        return minutes.contains(shown.minute % 60) && takes(day: shown.day)
    }
}

extension Timestamp {
    fileprivate init(minute: Int64) { self.init(rawValue: minute * 60_000) }

    /// The whole minutes since 1970-01-01, rounded down.
    fileprivate var minute: Int64 { rawValue.flooredDivision(by: 60_000).0 }
}
