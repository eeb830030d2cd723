/// Writes metrics as text, in the Prometheus text format 0.0.4 or in OpenMetrics 1.0.0.
struct ExpositionWriter {
    let openMetrics: Bool
    private(set) var bytes: [UInt8] = []
    private var name = ""

    init(openMetrics: Bool) {
        self.openMetrics = openMetrics
        bytes.reserveCapacity(64 << 10)
    }

    /// Opens a metric: its HELP and TYPE. What is written next are its samples.
    mutating func begin(_ name: String, _ help: String, _ kind: MetricKind) {
        self.name = name
        // OpenMetrics names a counter without the suffix that its samples have.
        let family = openMetrics && kind == .counter ? String(name.dropLast("_total".utf8.count)) : name
        line("# HELP \(family) \(escaped(help, quotes: openMetrics))")
        line("# TYPE \(family) \(kind.rawValue)")
    }

    mutating func sample(_ labels: String, _ value: String) {
        sample("", labels, "", value)
    }

    mutating func histogram(_ labels: String, _ histogram: Histogram) {
        let buckets = histogram.buckets
        let (counts, sum) = histogram.read()
        let comma = labels.isEmpty ? "" : ","
        var count: UInt64 = 0
        for (bound, inBucket) in zip(buckets.labels, counts) {
            count += inBucket
            sample("_bucket", labels, comma + bound, "\(count)")
        }
        sample("_sum", labels, "", buckets.text(sum))
        sample("_count", labels, "", "\(count)")
    }

    private mutating func sample(_ suffix: String, _ labels: String, _ bound: String, _ value: String) {
        append(name)
        append(suffix)
        if !labels.isEmpty || !bound.isEmpty {
            append("{")
            append(labels)
            append(bound)
            append("}")
        }
        append(" ")
        append(value)
        append("\n")
    }

    /// The end, without which OpenMetrics takes the text for cut off.
    mutating func end() {
        if openMetrics { line("# EOF") }
    }

    private mutating func line(_ text: String) {
        append(text)
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
}

/// The types that both formats know.
enum MetricKind: String, Sendable {
    case counter
    case gauge
    case histogram
}

/// `zone="us-east-1a",state="active"`
func labelText(_ labels: some Sequence<(String, String)>) -> String {
    labels.map { "\($0)=\"\(escaped($1, quotes: true))\"" }.joined(separator: ",")
}

/// The part of the names that both formats allow and that needs no quotes anywhere.
func isMetricName(_ name: String) -> Bool {
    name.utf8.first.map { !(0x30...0x39).contains($0) } == true
        && name.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x41...0x5A).contains($0) || (0x30...0x39).contains($0)
                || $0 == 0x5F
        }
}

private func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\": escaped += "\\\\"
        case "\n": escaped += "\\n"
        case "\"" where quotes: escaped += "\\\""
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped
}
