import JSON

/// A question to Prometheus about one cell, and what its answer must be.
public struct PrometheusQuery: Sendable, Equatable {
    public enum Comparison: String, Sendable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case unequal = "!="

        public func holds(_ value: Double, _ threshold: Double) -> Bool {
            switch self {
            case .less: value < threshold
            case .lessOrEqual: value <= threshold
            case .greater: value > threshold
            case .greaterOrEqual: value >= threshold
            case .equal: value == threshold
            case .unequal: value != threshold
            }
        }
    }

    /// PromQL with `{{cell}}`, which must be in it, `{{release}}` and `{{window}}`.
    public var template: String
    public var comparison: Comparison
    public var threshold: Double
    /// How far the query looks back. No answer counts before as long has passed since the cell was changed: what it saw
    /// would be the release before.
    public var window: Duration

    public init(template: String, comparison: Comparison, threshold: Double, window: Duration) {
        self.template = template
        self.comparison = comparison
        self.threshold = threshold
        self.window = window
    }

    /// The condition holds while each value of the answer compares so.
    public func outcome(of values: [Double]) -> GateEvidence.Outcome {
        guard !values.isEmpty, !values.contains(where: \.isNaN) else { return .missing }
        return values.allSatisfy { comparison.holds($0, threshold) } ? .good : .bad
    }

    /// The query as it is sent. Neither a cell's nor a release's name can hold a quote, so none can break out of its
    /// string; a `.` in a release's name is one of a regular expression where the template puts it in one.
    public func text(for cell: CellID, release: ReleaseName) -> String {
        var text = ""
        var rest = Substring(template)
        while let placeholder = Self.placeholder(in: rest) {
            text += rest[..<placeholder.range.lowerBound]
            let value =
                switch placeholder.name {
                case "cell": cell.rawValue
                case "release": release.rawValue
                case "window": window.goInWholeNumbers
                default: "{{\(placeholder.name)}}"
                }
            text += value
            rest = rest[placeholder.range.upperBound...]
        }
        return text + rest
    }

    private static func placeholder(in text: Substring) -> (name: String, range: Range<String.Index>)? {
        guard let start = text.firstRange(of: "{{"), let end = text[start.upperBound...].firstRange(of: "}}")
        else { return nil }
        return (String(text[start.upperBound..<end.lowerBound]), start.lowerBound..<end.upperBound)
    }

    private static func placeholders(of text: String) -> [String] {
        var names: [String] = []
        var rest = Substring(text)
        while let next = placeholder(in: rest) {
            names.append(next.name)
            rest = rest[next.range.upperBound...]
        }
        return names
    }
}

extension PrometheusQuery {
    /// - Parameter isAsked: false where the gate is of another type, and none of this belongs there.
    init?(from reader: DocumentReader, isAsked: Bool) {
        let template = reader.string("query", bytesMax: Limits.gateQueryBytesMax)
        let comparison: Comparison? = reader.choice("comparison")
        let threshold = reader.converted("threshold", "must be a number") { value in
            value.number.flatMap { $0.isFinite ? $0 : nil }
        }
        let window = reader.duration("window", in: .zero...Limits.gateWindowMax)
        guard isAsked else {
            for field in ["query", "comparison", "threshold", "window"] where reader.has(field) {
                reader.report(field, "belongs to the type prometheus; leave it out")
            }
            return nil
        }
        if let template {
            let names = Self.placeholders(of: template)
            let known = ["cell", "release", "window"]
            if let unknown = names.first(where: { !known.contains($0) }) {
                reader.report(
                    "query", "has the placeholder {{\(unknown)}}; known are {{cell}}, {{release}}, {{window}}"
                )
            } else if !names.contains("cell") {
                reader.report("query", "must contain {{cell}}: without it the answer is not about the cell")
            }
        }
        let named = (
            reader.required("query", template), reader.required("comparison", comparison),
            reader.required("threshold", threshold)
        )
        guard let template = named.0, let comparison = named.1, let threshold = named.2 else { return nil }
        self.init(
            template: template, comparison: comparison, threshold: threshold, window: window ?? .seconds(300))
    }

    var document: JSONObject {
        [
            "query": .string(template), "comparison": .string(comparison.rawValue),
            "threshold": .number(threshold), "window": .string(window.goInWholeNumbers),
        ]
    }
}
