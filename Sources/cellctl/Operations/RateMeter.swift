/// How fast a count grows, over the last half minute.
struct RateMeter {
    static let window = Duration.seconds(30)
    private var samples: [(at: Duration, count: Int64)] = []

    /// - Parameter at: of a clock that only goes forward.
    mutating func add(_ count: Int64, at: Duration) {
        samples.append((at, count))
        // The last one before the window stays: else a slow poll would leave nothing to compare with.
        while samples.count > 2, at - samples[1].at >= Self.window { samples.removeFirst() }
    }

    /// Nil while there is too little to tell by: less than a second, or nothing done yet.
    var perSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.at - first.at >= .seconds(1),
            last.count > first.count
        else { return nil }
        return Double(last.count - first.count) / (last.at - first.at).seconds
    }

    /// `351/s`, `2.4/s`, and `7.0/min` where it is slow.
    static func text(_ perSecond: Double) -> String {
        if perSecond >= 10 { return "\(Int(perSecond.rounded()))/s" }
        return perSecond >= 1 ? "\(tenths(perSecond))/s" : "\(tenths(perSecond * 60))/min"
    }

    private static func tenths(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
