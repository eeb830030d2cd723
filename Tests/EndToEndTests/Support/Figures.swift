import Foundation

/// Times of many like things, to be printed.
struct Figures: Sendable {
    private var times: [Duration] = []

    mutating func add(_ time: Duration) { times.append(time) }
    mutating func add(_ other: Figures) { times += other.times }

    var count: Int { times.count }
    var most: Duration { times.max() ?? .zero }

    /// The time that this share of all (0 to 1) does not exceed.
    func quantile(_ share: Double) -> Duration {
        guard !times.isEmpty else { return .zero }
        return times.sorted()[min(times.count - 1, Int(Double(times.count) * share))]
    }
}

extension Figures: CustomStringConvertible {
    var description: String {
        "p50 \(quantile(0.5).shown), p99 \(quantile(0.99).shown), most \(most.shown) of \(count)"
    }
}

extension Duration {
    /// `12.3 ms`.
    var shown: String { String(format: "%.1f ms", self / .milliseconds(1)) }
}

/// Says what was seen, on a line of its own.
func report(_ text: String) { FileHandle.standardOutput.write(Data("figures: \(text)\n".utf8)) }
