import JSON

/// A time in which nothing is to be changed: once, or every week.
public struct CalendarWindow: Sendable, Equatable {
    public enum Weekday: String, Sendable, CaseIterable {
        // In the order of days since 1970-01-01, which was a Thursday.
        case thu, fri, sat, sun, mon, tue, wed
    }

    public enum Span: Sendable, Equatable {
        /// From the start, up to the end, which is no more in it.
        case once(start: Timestamp, end: Timestamp)
        /// On these days from one minute of the local day to another; where `to` is not after `from`, to that of the
        /// day after. `to` may be 1440, the day's end.
        case weekly(zone: LocalZone, days: Set<Weekday>, from: Int, to: Int)
    }

    public var name: String
    public var span: Span

    public init(name: String, span: Span) {
        self.name = name
        self.span = span
    }

    /// One stretch of time that a window covers.
    public struct Occurrence: Sendable, Equatable {
        public var window: String
        public var start: Timestamp
        public var end: Timestamp

        func contains(_ time: Timestamp) -> Bool { start <= time && time < end }
    }

    /// The occurrences that touch the days from the one before the time's to eight after, by their starts.
    ///
    /// A local time that a clock change skips counts as the instant of the change; one that comes twice starts a window
    /// the first time and ends it the second: a window is rather too long than too short.
    func occurrences(around time: Timestamp) -> [Occurrence] {
        switch span {
        case .once(let start, let end):
            return [Occurrence(window: name, start: start, end: end)]
        case .weekly(let zone, let days, let from, let to):
            let today = zone.day(at: time)
            return (today - 1...today + 8).compactMap { day in
                guard days.contains(Weekday.allCases[Int((day % 7 + 7) % 7)]) else { return nil }
                let start = zone.instant(day: day, minute: from, .first)
                let end = zone.instant(day: to > from ? day : day + 1, minute: to, .last)
                return start < end ? Occurrence(window: name, start: start, end: end) : nil
            }
        }
    }
}

// MARK: As JSON

extension CalendarWindow {
    /// `{"name","timeZone","days":["sat"],"from":"22:00","to":"06:00"}` or `{"name","start","end"}`.
    ///
    /// Nil where something is missing or wrong, which the reader has reported.
    init?(from reader: DocumentReader) {
        let name = reader.required(
            "name",
            reader.parsed(
                "name", "must be 1 to \(Limits.windowNameBytesMax) bytes without control characters"
            ) {
                (1...Limits.windowNameBytesMax).contains($0.utf8.count) && Names.isPrintable($0) ? $0 : nil
            })
        let span = reader.has("start") || reader.has("end") ? Self.once(reader) : Self.weekly(reader)
        guard let name, let span else { return nil }
        self.init(name: name, span: span)
    }

    private static func once(_ reader: DocumentReader) -> Span? {
        let start = reader.required("start", reader.timestamp("start"))
        let end = reader.required("end", reader.timestamp("end"))
        for key in ["timeZone", "days", "from", "to"] where reader.has(key) {
            reader.report(key, "is a field of weekly windows, and 'start' and 'end' are those of single ones")
        }
        reader.ignore("timeZone", "days", "from", "to")
        guard let start, let end else { return nil }
        guard start < end else {
            reader.report("end", "must be after the start")
            return nil
        }
        return .once(start: start, end: end)
    }

    private static func weekly(_ reader: DocumentReader) -> Span? {
        let zone = reader.required("timeZone", reader.parsed("timeZone", LocalZone.rule, LocalZone.init))
        let names = Weekday.inOrder.map(\.rawValue)
        let days = reader.required(
            "days",
            reader.list(
                "days", countMin: 1, countMax: 7, "must be one of \(names.joined(separator: ", "))",
                Weekday.init))
        let time = "must be a time of day like 09:30"
        let from = reader.required("from", reader.parsed("from", time, minute))
        let to = reader.required("to", reader.parsed("to", "\(time), up to 24:00", minute))
        guard let zone, let days, !days.isEmpty, let from, let to else { return nil }
        guard from < 1440 else {
            reader.report("from", "\(time), before 24:00")
            return nil
        }
        guard from != to else {
            reader.report("to", "must differ from the start; a whole day is from 00:00 to 24:00")
            return nil
        }
        return .weekly(zone: zone, days: Set(days), from: from, to: to)
    }

    /// `HH:MM`, up to `24:00`.
    private static func minute(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            [0, 1, 3, 4].allSatisfy({ (0x30...0x39).contains(bytes[$0]) }),
            let hours = Int(text.prefix(2)), let minutes = Int(text.suffix(2)), minutes < 60
        else { return nil }
        let minute = hours * 60 + minutes
        return minute <= 1440 ? minute : nil
    }

    private static func clock(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    var document: JSONValue {
        switch span {
        case .once(let start, let end):
            [
                "name": .string(name), "start": .string(start.description),
                "end": .string(end.description),
            ]
        case .weekly(let zone, let days, let from, let to):
            [
                "name": .string(name), "timeZone": .string(zone.name),
                "days": .array(Weekday.inOrder.filter(days.contains).map { .string($0.rawValue) }),
                "from": .string(Self.clock(from)), "to": .string(Self.clock(to)),
            ]
        }
    }
}

extension CalendarWindow.Weekday {
    /// As people list them.
    fileprivate static let inOrder: [Self] = [.mon, .tue, .wed, .thu, .fri, .sat, .sun]
}
