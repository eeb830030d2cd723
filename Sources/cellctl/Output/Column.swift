import JSON
import Registry

/// One column of a table: its title, where its value lies in the resource, and how it is written.
struct Column: Sendable {
    enum Format: Sendable {
        case text
        /// Flush right.
        case number
        /// `3d`, `5h`: how long ago a time was.
        case age
        /// The same of a time that is to come: how long until then.
        case until
        case yesNo
        /// `k=v,k=v` of an object.
        case pairs
        /// The elements of a list.
        case list
        /// How many elements a list has; flush right.
        case count
        /// The first element of a list and how many more there are.
        case first
        /// One member's share of another, as `90%`; flush right.
        case percent(String, of: String)
        /// For a column that is made of several values.
        case made(@Sendable (JSONValue) -> String)
    }

    let title: String
    /// Member names joined by dots.
    let path: String
    let format: Format
    /// Shown with `-o wide` only.
    let wide: Bool

    init(_ title: String, _ path: String, _ format: Format = .text, wide: Bool = false) {
        self.title = title
        self.path = path
        self.format = format
        self.wide = wide
    }

    var isNumber: Bool {
        switch format {
        case .number, .percent, .count: true
        default: false
        }
    }

    /// What stands in the column for this resource; `-` where there is nothing.
    func text(of resource: JSONValue, now: Timestamp) -> String {
        let text =
            switch format {
            case .made(let make): make(resource)
            case .percent(let part, let whole):
                Self.percent(resource[part]?.number, of: resource[whole]?.number)
            default: value(in: resource).map { written($0, now) } ?? ""
            }
        return text.isEmpty ? "-" : text.printable
    }

    private func value(in resource: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(resource as JSONValue?) { $0?[String($1)] }
    }

    private func written(_ value: JSONValue, _ now: Timestamp) -> String {
        switch format {
        case .age: value.string.flatMap { Timestamp($0) }.map { Self.age(from: $0, to: now) } ?? ""
        case .until: value.string.flatMap { Timestamp($0) }.map { Self.age(from: now, to: $0) } ?? ""
        case .yesNo: value.bool.map { $0 ? "yes" : "no" } ?? ""
        case .pairs: (value.object ?? [:]).map { "\($0.key)=\(Self.plain($0.value))" }.joined(separator: ",")
        case .list: (value.array ?? []).map(Self.plain).joined(separator: ",")
        case .count: "\(value.array?.count ?? 0)"
        case .first:
            if let elements = value.array, let first = elements.first {
                elements.count == 1 ? Self.name(first) : "\(Self.name(first)) +\(elements.count - 1)"
            } else {
                ""
            }
        case .text, .number, .percent, .made: Self.plain(value)
        }
    }

    private static func percent(_ part: Double?, of whole: Double?) -> String {
        guard let part, let whole, whole > 0 else { return "" }
        return "\(Int((part / whole * 100).rounded()))%"
    }

    private static func name(_ value: JSONValue) -> String { value["id"]?.string ?? plain(value) }

    private static func plain(_ value: JSONValue) -> String {
        switch value {
        case .null: ""
        case .string(let text): text
        default: value.encodedString()
        }
    }

    /// The largest unit that is not zero, as kubectl writes it. A time that is to come has a minus.
    static func age(from start: Timestamp, to end: Timestamp) -> String {
        let seconds = abs(end.rawValue - start.rawValue) / 1000
        let sign = end < start && seconds > 0 ? "-" : ""
        switch seconds {
        case ..<120: return "\(sign)\(seconds)s"
        case ..<7200: return "\(sign)\(seconds / 60)m"
        case ..<172_800: return "\(sign)\(seconds / 3600)h"
        default: return "\(sign)\(seconds / 86_400)d"
        }
    }
}
