/// Durations as Go's `time.Duration` writes them (`30s`, `1h30m`, `720h0m0s`), which is what Velero and Kubernetes take.
extension Duration {
    /// Reads a non-negative Go duration: numbers with the units `ms`, `s`, `m`, `h`, largest unit first or not; `0` alone.
    public init?(go text: String) {
        guard text != "0" else {
            self = .zero
            return
        }
        var rest = Substring(text)
        var total = Duration.zero
        guard !rest.isEmpty, rest.utf8.count <= 32 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest[digits.endIndex...].prefix { $0.isASCII && $0.isLetter }
            guard let value = Int64(digits), value <= 1_000_000_000, let scale = Self.units[String(unit)]
            else { return nil }
            total += scale * Int(value)
            rest = rest[unit.endIndex...]
        }
        self = total
    }

    /// As Go writes it: whole seconds as `h`, `m`, `s` from the largest unit that is not zero; below a second in `ms`.
    public var go: String {
        let milliseconds = self.milliseconds
        guard milliseconds >= 1000 else { return milliseconds == 0 ? "0s" : "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        let fraction = milliseconds % 1000 == 0 ? "" : ".\(String(milliseconds % 1000 + 1000).dropFirst())"
        let small = "\(seconds % 60)\(fraction)s"
        if seconds < 60 { return small }
        return seconds < 3600
            ? "\(seconds / 60)m\(small)" : "\(seconds / 3600)h\(seconds / 60 % 60)m\(small)"
    }

    /// The same without a fraction, so that `init(go:)` reads it back: `1500ms`.
    public var goInWholeNumbers: String { milliseconds % 1000 == 0 ? go : "\(milliseconds)ms" }

    public var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    private static let units: [String: Duration] = [
        "ms": .milliseconds(1), "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
    ]
}
