import Registry

/// One line on a terminal that tells how much of an import is sent, drawn over itself.
final class ProgressBar {
    private let total: Int
    private let surroundings: Surroundings
    private let start: Duration
    private var drawn: Duration?

    init(total: Int, _ surroundings: Surroundings) {
        self.total = total
        self.surroundings = surroundings
        start = surroundings.uptime()
    }

    func update(sent: Int) {
        let now = surroundings.uptime()
        if let drawn, now - drawn < .milliseconds(100), sent < total { return }
        drawn = now
        draw(Self.line(sent: sent, total: total, elapsed: now - start))
    }

    /// Takes the bar away: what follows is written where it stood.
    func clear() {
        if drawn != nil { draw("") }
    }

    private func draw(_ line: String) {
        surroundings.console.writeError(Array("\r\u{1B}[K\(line)".utf8))
    }

    /// `sending  45% [#########-----------] 12.3 of 27.1 MB, 8.2 MB/s`; at the end it says that the server works on.
    static func line(sent: Int, total: Int, elapsed: Duration) -> String {
        let bar = bar(total > 0 ? Double(min(sent, total)) / Double(total) : 1)
        if sent >= total { return "sending \(bar) \(megabytes(total)) MB, waiting for the answer" }
        let seconds = elapsed.seconds
        let rate = seconds > 0 ? ", \(megabytes(Int(Double(sent) / seconds))) MB/s" : ""
        return "sending \(bar) \(megabytes(sent)) of \(megabytes(total)) MB\(rate)"
    }

    /// ` 45% [#########-----------]`.
    ///
    /// - Parameter share: from 0 to 1.
    static func bar(_ share: Double) -> String {
        let cells = 20
        let filled = Int(share * Double(cells))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: cells - filled)
        return "\(percent(share)) [\(bar)]"
    }

    /// `  7%`.
    static func percent(_ share: Double) -> String {
        let percent = String(Int(share * 100))
        return "\(String(repeating: " ", count: 3 - percent.count))\(percent)%"
    }

    private static func megabytes(_ bytes: Int) -> String {
        let tenths = (bytes + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
