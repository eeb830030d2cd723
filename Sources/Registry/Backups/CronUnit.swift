/// Which of the five fields it is, and what may stand in it.
enum CronUnit: CaseIterable {
    case minute, hour, dayOfMonth, month, dayOfWeek

    /// As error messages call it.
    var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        }
    }

    /// Sunday is 0, and 7 as well.
    private var values: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...7
        }
    }

    /// The highest value of `*`, and of a range that is only given its start.
    private var last: Int { self == .dayOfWeek ? 6 : values.upperBound }

    private var names: [String] {
        switch self {
        case .minute, .hour, .dayOfMonth: []
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        }
    }

    private var rule: String {
        let numbers = "\(values.lowerBound) to \(values.upperBound)"
        guard let first = names.first, let last = names.last else { return "must be \(numbers)" }
        return "must be \(numbers) or \(first) to \(last)"
    }

    /// Reads a list of values, ranges and steps: `0`, `mon-fri`, `*/15`, `8-18/2`, `5/15` (from 5 to the end), `1,15`.
    func field(_ text: Substring) throws(CronError) -> CronField {
        var field = CronField(bits: 0, isStar: false)
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (values, step, isStar) = try self.item(item)
            for value in stride(from: values.lowerBound, through: values.upperBound, by: step) {
                field.bits |= 1 << (self == .dayOfWeek ? value % 7 : value)
            }
            field.isStar = field.isStar || isStar && step == 1
        }
        return field
    }

    private func item(
        _ text: Substring
    ) throws(CronError) -> (values: ClosedRange<Int>, step: Int, isStar: Bool) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var step: Int?
        if parts.count == 2 {
            guard let number = Self.number(parts[1]), number > 0 else {
                throw CronError("has the step '\(parts[1])' for the \(name), which must be a number from 1")
            }
            step = number
        }
        let isDay = self == .dayOfMonth || self == .dayOfWeek
        if parts[0] == "*" || parts[0] == "?" && isDay {
            return (values.lowerBound...last, step ?? 1, true)
        }
        let bounds = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let low = try value(bounds[0])
        guard bounds.count == 2 else { return (low...(step == nil ? low : max(low, last)), step ?? 1, false) }
        var high = try value(bounds[1])
        // A week that ends with its Sunday: `sat-sun`.
        if self == .dayOfWeek, high == 0, low > 0 { high = 7 }
        guard low <= high else {
            throw CronError("has the range '\(parts[0])' for the \(name), which goes backwards")
        }
        return (low...high, step ?? 1, false)
    }

    private func value(_ text: Substring) throws(CronError) -> Int {
        if let index = names.firstIndex(of: text.lowercased()) { return index + values.lowerBound }
        guard let number = Self.number(text), values.contains(number) else {
            throw CronError("has '\(text)' for the \(name), which \(rule)")
        }
        return number
    }

    /// Digits alone, no sign.
    private static func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }
}
