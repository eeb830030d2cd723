import JSON
import Registry

/// How far an operation is, in words: many lines for a terminal, one for a pipe.
struct OperationProgress: LongWorkProgress {
    let operation: Operation
    /// Of a tenant migration; of others there are none.
    let batches: [JSONValue]
    /// Of what is counted, a second; nil where it can't be told yet.
    let rate: Double?
    let now: Timestamp

    /// From where a batch has work to do until it may rest, in that order.
    private static let inFlight = [
        "preparing", "copying", "announced", "freezing", "cutover", "confirming", "aborting", "reversing",
    ]
    /// No more of a kind than this: the picture must fit on a screen.
    private static let linesMax = 3

    /// What a change of is worth a line on a pipe: all but the rate and what time it is.
    var essence: String {
        ([operation.standing, operation.counts, batchCounts] + blockers).joined(separator: "\n")
    }

    func line() -> String {
        var parts = ["\(operation.title) (\(operation.id)) \(operation.standing)", measures(bar: false)]
        if !batchCounts.isEmpty { parts.append(batchCounts) }
        parts += blockers.prefix(Self.linesMax)
        return parts.joined(separator: "; ")
    }

    /// - Parameter width: of the terminal, in columns.
    func lines(width: Int, _ paint: Paint) -> [String] {
        var lines: [(String, (String) -> String)] = [
            (headline, paint.heading), (measures(bar: true), { $0 }),
        ]
        if !batchCounts.isEmpty { lines.append((batchCounts, { $0 })) }
        lines += Self.few(waits).map { ($0, paint.faint) }
        lines += Self.few(blockers).map { ($0, paint.changed) }
        return lines.map { text, colour in colour(String(text.prefix(max(20, width - 1)))) }
    }

    private var headline: String {
        let deadline = operation.document["deadline"]?.string.flatMap { Timestamp($0) }
        let left = deadline.map {
            $0 > now ? ", deadline in \(Column.age(from: now, to: $0))" : ", past its deadline"
        }
        return "\(operation.title) (\(operation.id)): \(operation.standing)\(left ?? "")"
    }

    /// `[##########----------]  50% 100 of 200 moved, 12/s, 8s left`.
    private func measures(bar: Bool) -> String {
        let share =
            operation.total > 0 ? Double(operation.completed + operation.failed) / Double(operation.total) : 0
        let text = (bar ? ProgressBar.bar(min(1, share)) : "\(Int(share * 100))%") + " \(operation.counts)"
        if let lastStep {
            return "\(text), the last step begins in \(Column.age(from: now, to: lastStep))"
        }
        guard let rate, goesOn else { return text }
        let seconds = Int64((Double(operation.left) / rate).rounded(.up))
        let left = operation.left > 0 ? ", \(Duration.seconds(seconds).go) left" : ""
        return "\(text), \(RateMeter.text(rate))\(left)"
    }

    /// False where no rate says when it will be over: it is paused, or on its way back.
    private var goesOn: Bool {
        operation.document["intent"]?.string == "run" && operation.state == "running"
    }

    /// Of work in steps, when the last one begins: what is moved until then says nothing about how long it takes.
    private var lastStep: Timestamp? {
        batches.filter { $0["state"]?.string == "planned" }
            .compactMap { $0["notBefore"]?.string.flatMap { Timestamp($0) } }
            .filter { goesOn && $0 > now }.max()
    }

    /// `batches: 41 of 80 through, 2 copying, 1 freezing`.
    private var batchCounts: String {
        guard !batches.isEmpty else { return "" }
        let states = batches.map { $0["state"]?.string ?? "" }
        let waiting = Set(["planned"] + Self.inFlight)
        let through = states.count { !waiting.contains($0) }
        let counts = Self.inFlight.compactMap { state in
            let count = states.count { $0 == state }
            return count > 0 ? "\(count) \(state)" : nil
        }
        return (["batches: \(through) of \(batches.count) through"] + counts).joined(separator: ", ")
    }

    /// The batches that wait at their barrier, and for whom.
    private var waits: [String] {
        batches.compactMap { batch in
            let names = (batch["barrier"]?["waitingFor"]?.array ?? []).compactMap {
                $0.string ?? $0["id"]?.string
            }
            guard !names.isEmpty, let state = batch["state"]?.string, Self.inFlight.contains(state) else {
                return nil
            }
            let frozen = batch["frozenFor"]?.string.map { ", frozen for \($0)," } ?? ""
            let shown = names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", …" : "")
            return "batch \(batch["number"]?.integer ?? 0) \(state)\(frozen) waits for \(shown)".printable
        }
    }

    private var blockers: [String] { operation.document.blockerLines }

    private static func few(_ lines: [String]) -> [String] {
        lines.count <= linesMax ? lines : lines.prefix(linesMax) + ["… and \(lines.count - linesMax) more"]
    }
}
