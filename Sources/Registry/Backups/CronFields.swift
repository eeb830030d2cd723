/// The five fields of a cron expression: which local dates and times it takes.
struct CronFields: Sendable, Hashable {
    var minutes: CronField
    var hours: CronField
    var days: CronField
    var months: CronField
    var weekdays: CronField

    /// Of five texts. Throws where one is wrong, and where there is no such date.
    init(_ texts: [Substring]) throws(CronError) {
        minutes = try CronUnit.minute.field(texts[0])
        hours = try CronUnit.hour.field(texts[1])
        days = try CronUnit.dayOfMonth.field(texts[2])
        months = try CronUnit.month.field(texts[3])
        weekdays = try CronUnit.dayOfWeek.field(texts[4])
        let lengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        let longest = (1...12).filter(months.contains).map { lengths[$0 - 1] }.max() ?? 0
        // With a day of week beside it a day of month that never comes is only superfluous.
        if weekdays.isStar, days.first(from: 1) ?? 0 > longest {
            throw CronError("never runs: no month of '\(texts[3])' has a day '\(texts[2])'")
        }
    }

    /// Every hour is taken, by `*` or one by one.
    var isHourly: Bool { hours.bits == 0xFF_FFFF }

    /// Whether runs may fall on the date, given as days from 1970-01-01.
    func takes(day: Int64) -> Bool {
        let (_, month, dayOfMonth) = Timestamp.civil(fromDays: day)
        guard months.contains(Int(month)) else { return false }
        // 1970-01-01 was a Thursday.
        let fitsWeek = weekdays.contains(Int((day + 4).flooredDivision(by: 7).1))
        let fitsMonth = days.contains(Int(dayOfMonth))
        // A star takes every day, so that the other field alone decides.
        return days.isStar || weekdays.isStar ? fitsWeek && fitsMonth : fitsWeek || fitsMonth
    }

    /// The first minute of the day that is taken from the given one on, which may be past the day's end.
    func minute(from start: Int) -> Int? {
        let hour = start / 60
        if hours.contains(hour), let minute = minutes.first(from: start % 60) { return hour * 60 + minute }
        guard let later = hours.first(from: hour + 1), let minute = minutes.first(from: 0) else { return nil }
        return later * 60 + minute
    }

    /// The last minute of the day that is taken up to the given one, which may be -1.
    func minute(through end: Int) -> Int? {
        guard end >= 0 else { return nil }
        let hour = end / 60
        if hours.contains(hour), let minute = minutes.last(through: end % 60) { return hour * 60 + minute }
        guard let earlier = hours.last(through: hour - 1), let minute = minutes.last(through: 59) else {
            return nil
        }
        return earlier * 60 + minute
    }
}
