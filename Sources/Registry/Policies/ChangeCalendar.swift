import JSON

/// The windows in which nothing is to be changed.
public struct ChangeCalendar: Sendable, Equatable {
    public var windows: [CalendarWindow]

    public init(windows: [CalendarWindow] = []) { self.windows = windows }

    /// What the calendar says of one instant.
    public struct Status: Sendable, Equatable {
        /// The window that covers it; of several the one that ends last.
        public var current: CalendarWindow.Occurrence?
        /// When changes are free again: the end of the last of the windows that follow on each other without a gap.
        /// Nil outside a window, and where there is no gap in sight.
        public var until: Timestamp?
        /// The next window to begin; inside one, the next after `until`.
        public var next: CalendarWindow.Occurrence?
    }

    /// Windows are followed on each other so often at the most: two months of daily ones.
    private static let stepsMax = 64

    public func status(at now: Timestamp) -> Status {
        var covering = last(covering: now)
        let current = covering
        var free = now
        for _ in 0..<Self.stepsMax {
            guard let window = covering else { break }
            free = window.end
            covering = last(covering: free)
        }
        guard covering == nil else { return Status(current: current) }
        let next = windows.flatMap { $0.occurrences(around: free) }
            .filter { $0.start > free }.min { ($0.start, $0.window) < ($1.start, $1.window) }
        return Status(current: current, until: current == nil ? nil : free, next: next)
    }

    private func last(covering time: Timestamp) -> CalendarWindow.Occurrence? {
        windows.flatMap { $0.occurrences(around: time) }.filter { $0.contains(time) }
            .max { ($0.end, $1.window) < ($1.end, $0.window) }
    }
}

extension ChangeCalendar {
    /// A list of windows; those that are wrong are reported.
    init(from reader: DocumentReader, field: String) {
        let windows = reader.objects(
            field, countMax: Limits.calendarWindowsMax, CalendarWindow.init(from:))
        self.init(windows: windows ?? [])
        var names: Set<String> = []
        for (index, window) in self.windows.enumerated() where !names.insert(window.name).inserted {
            reader.report("\(field)[\(index)].name", "is given twice")
        }
    }

    var document: JSONValue { .array(windows.map(\.document)) }
}

extension CalendarWindow.Occurrence {
    public var shown: JSONValue {
        [
            "window": .string(window), "start": .string(start.description), "end": .string(end.description),
        ]
    }
}
