/// The upper bounds of a histogram's buckets, and what is measured.
///
/// Amounts are whole numbers, seconds being counted in nanoseconds, so that a sum is exact however long it grows
/// and recording is an integer addition.
struct Buckets: Sendable {
    enum Unit: Sendable {
        /// Recorded in nanoseconds, shown in seconds.
        case seconds
        case bytes
        case count
    }

    let unit: Unit
    /// Inclusive, rising; above the last one is `+Inf`.
    let bounds: [UInt64]
    /// Of all buckets, the one above the last bound included.
    private(set) var labels: [String] = []

    private init(_ unit: Unit, _ bounds: [UInt64]) {
        precondition(
            !bounds.isEmpty && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds rise")
        self.unit = unit
        self.bounds = bounds
        labels = bounds.map(label) + ["le=\"+Inf\""]
    }

    static func seconds(_ bounds: [Double]) -> Buckets {
        Buckets(.seconds, bounds.map { UInt64(($0 * 1e9).rounded()) })
    }

    static func bytes(_ bounds: [UInt64]) -> Buckets { Buckets(.bytes, bounds) }

    static func counts(_ bounds: [UInt64]) -> Buckets { Buckets(.count, bounds) }

    /// The amount in the unit that is shown, as a plain decimal.
    func text(_ amount: UInt64) -> String {
        guard unit == .seconds else { return "\(amount)" }
        let (whole, rest) = amount.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return "\(whole)" }
        let digits = String(rest)
        let fraction = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        return "\(whole).\(fraction[...fraction.lastIndex { $0 != "0" }!])"
    }

    /// Each bucket's label `le`, which OpenMetrics wants with a fraction; the same in the other format, so that a
    /// series keeps its name whichever of the two is scraped.
    private func label(_ bound: UInt64) -> String {
        let text = text(bound)
        return "le=\"\(text)\(text.utf8.contains(UInt8(ascii: ".")) ? "" : ".0")\""
    }
}
