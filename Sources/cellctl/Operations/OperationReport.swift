import JSON
import Registry

/// One operation with all that a person wants to know of it.
struct OperationReport {
    private static let logLinesMax = 10

    let operation: Operation
    let now: Timestamp

    init(_ operation: Operation, now: Timestamp) {
        self.operation = operation
        self.now = now
    }

    func lines(_ paint: Paint) -> [String] {
        var lines = Self.aligned(facts)
        let steps = operation.document["steps"]?.array ?? []
        if !steps.isEmpty {
            lines.append("steps")
            let rows = steps.map { step in
                (text(step["name"]), "\(text(step["startedAt"])) → \(text(step["endedAt"]))")
            }
            lines += Self.aligned(rows).map { "  \($0)" }
        }
        let log = operation.document["log"]?.array ?? []
        if !log.isEmpty {
            lines.append("log")
            if log.count > Self.logLinesMax {
                lines.append("  … \(log.count - Self.logLinesMax) earlier lines: -o yaml shows them")
            }
            lines += log.suffix(Self.logLinesMax).map { entry in
                "  \(text(entry["at"]))  \(text(entry["level"]))  \(text(entry["message"]))".printable
            }
        }
        return lines + operation.document.blockerLines.map(paint.changed) + operation.document.nextStepLines
    }

    private static func aligned(_ rows: [(String, String)]) -> [String] {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { name, value in
            "\(name)\(String(repeating: " ", count: width - name.count))  \(value)".printable
        }
    }

    private var facts: [(String, String)] {
        let document = operation.document
        let who = document["createdBy"]?.string
        let age = document["createdAt"]?.string.flatMap { Timestamp($0) }.map {
            Column.age(from: $0, to: now)
        }
        let reason = document["reason"]?.string.flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
        let inFlight = document["progress"]?["inFlight"]?.integer ?? 0
        let rows: [(String, String?)] = [
            ("operation", operation.id), ("what", operation.title), ("state", operation.standing),
            ("progress", operation.counts + (inFlight > 0 ? ", \(inFlight) in flight" : "")),
            ("by", who.map { "\($0), \(age ?? "?") ago\(reason)" }),
            ("deadline", document["deadline"]?.string),
            (
                "ended",
                document["endedAt"]?.string.map { "\($0)\(operation.took.map { ", after \($0.go)" } ?? "")" }
            ),
            ("overrides", document["override"].flatMap(Self.override)),
            (
                "evidence",
                document["evidence"]?.object.flatMap {
                    $0.isEmpty ? nil : JSONValue.object($0).encodedString()
                }
            ),
        ]
        return rows.compactMap { name, value in value.map { (name, $0) } }
    }

    private static func override(_ value: JSONValue) -> String? {
        guard let rules = value["rules"]?.array else { return nil }
        return "\(rules.compactMap(\.string).joined(separator: ", ")): \(value["reason"]?.string ?? "")"
    }

    private func text(_ value: JSONValue?) -> String { value?.string ?? "-" }
}
