/// When a schedule runs: the five fields of cron (`0 2 * * *`), a word for such (`@daily`), or a period (`@every 6h`).
///
/// The fields are read as robfig/cron reads them, which is in Velero: minute, hour, day of month, month, day of week,
/// each a list of values, ranges and steps, with the names of months and days. Where both day fields restrict, a date
/// needs to fit one of them (POSIX); a field restricts unless it is `*`, so that `*/2` does. Beyond robfig's, 7 is Sunday
/// too. An expression that no date fits is refused, so that every schedule has a next run.
///
/// `@every` is a period of whole seconds. Velero counts it from the last run; here runs fall on its multiples
/// since 1970-01-01T00:00:00Z, so that the next one is known without a history, and a missed one moves none of those
/// after it.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    enum Timing: Sendable, Hashable {
        case fields(CronFields)
        case every(seconds: Int64)
    }

    /// As it was given, with single spaces.
    public let description: String
    let timing: Timing

    /// The error's message goes on from the name of a field: "has '24' for the hour, which must be 0 to 23".
    public init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Limits.scheduleBytesMax else {
            throw CronError("must be at most \(Limits.scheduleBytesMax) bytes")
        }
        let words = text.split { $0 == " " || $0 == "\t" }
        description = words.joined(separator: " ")
        guard let first = words.first else { throw CronError("must not be empty: \(Self.rule)") }
        if first.hasPrefix("@") {
            timing = try Self.word(words)
        } else if first.contains("=") {
            throw CronError("must not name a time zone: that is a field of its own, 'timeZone'")
        } else {
            guard words.count == 5 else {
                throw CronError("has \(words.count) of five fields: \(Self.rule)")
            }
            timing = .fields(try CronFields(words))
        }
    }

    static let rule =
        "write minute, hour, day of month, month and day of week, like '0 2 * * *', or a word like '@daily'"

    private static let words = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func word(_ words: [Substring]) throws(CronError) -> Timing {
        if words[0] == "@every", words.count == 2 {
            let periods = Limits.schedulePeriods
            guard let period = Duration(go: String(words[1])), periods.contains(period),
                period.milliseconds % 1000 == 0
            else {
                throw CronError(
                    "has the period '\(words[1])', which must be whole seconds like 6h or 1h30m, from "
                        + "\(periods.lowerBound.go) to \(periods.upperBound.go)")
            }
            return .every(seconds: period.milliseconds / 1000)
        }
        guard words.count == 1, let fields = Self.words[words[0].lowercased()] else {
            let known = Self.words.keys.sorted().joined(separator: ", ")
            throw CronError("has no word that is known here; those are \(known) and @every with a period")
        }
        return .fields(try CronFields(fields.split(separator: " ")))
    }

    /// The same for Velero, which knows no day 7.
    public var velero: String {
        guard case .fields(let fields) = timing, !description.hasPrefix("@"), !fields.weekdays.isStar else {
            return description
        }
        let weekdays = (0...6).filter(fields.weekdays.contains).map(String.init).joined(separator: ",")
        return (description.split(separator: " ").dropLast().map(String.init) + [weekdays]).joined(
            separator: " ")
    }
}

/// What is wrong with a cron expression, to be read after the name of the field that has it.
public struct CronError: Error, Sendable, Equatable {
    public let message: String

    init(_ message: String) { self.message = message }
}

extension DocumentReader {
    public func cronExpression(_ key: String) -> CronExpression? {
        guard let text = string(key, bytesMax: Limits.scheduleBytesMax) else { return nil }
        do {
            return try CronExpression(text)
        } catch {
            report(key, error.message)
            return nil
        }
    }
}
