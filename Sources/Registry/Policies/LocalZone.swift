import Foundation

/// A time zone of the IANA database, and when its clocks show what.
public struct LocalZone: Sendable, Equatable {
    /// `Europe/Berlin`, as it was given.
    public let name: String
    private let zone: TimeZone

    public static let utc = LocalZone("UTC")!

    static let rule = "must be a time zone like Europe/Berlin or UTC"

    public init?(_ name: String) {
        // Foundation also takes abbreviations, and offsets like GMT+2, whose meaning people disagree on.
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        self.name = name
        self.zone = zone
    }

    /// Which of the two instants is meant when a clock shows the same time twice.
    enum Repeated { case first, last }

    /// The days from 1970-01-01 to the local one.
    func day(at time: Timestamp) -> Int64 { shown(at: time).day }

    /// What the clock shows: the days from 1970-01-01, and the minute of that day.
    func shown(at time: Timestamp) -> (day: Int64, minute: Int) {
        let seconds = time.rawValue.flooredDivision(by: 1000).0
        return Self.shown(seconds + offset(at: seconds))
    }

    /// The latest that the clock has shown until then, which after it was set back is later than what it shows.
    func latestShown(until time: Timestamp) -> (day: Int64, minute: Int) {
        let seconds = time.rawValue.flooredDivision(by: 1000).0
        return Self.shown(seconds + max(offset(at: seconds - 86_400), offset(at: seconds)))
    }

    private static func shown(_ local: Int64) -> (day: Int64, minute: Int) {
        let (day, second) = local.flooredDivision(by: 86_400)
        return (day, Int(second / 60))
    }

    /// The instant at which the day's clock shows the minute; where a clock change skips it, the instant of the change.
    func instant(day: Int64, minute: Int, _ repeated: Repeated) -> Timestamp {
        let local = day * 86_400 + Int64(minute) * 60
        // A change nearby lies between these two, for no offset is a day.
        let (before, after) = (offset(at: local - 86_400), offset(at: local + 86_400))
        let fitting = [local - before, local - after].filter { $0 + offset(at: $0) == local }.sorted()
        if let chosen = repeated == .first ? fitting.first : fitting.last {
            return Timestamp(rawValue: chosen * 1000)
        }
        var (early, late) = (local - max(before, after), local - min(before, after))
        while late - early > 1 {
            let middle = early + (late - early) / 2
            if offset(at: middle) == before { early = middle } else { late = middle }
        }
        return Timestamp(rawValue: late * 1000)
    }

    /// Seconds east of UTC.
    private func offset(at seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
}
