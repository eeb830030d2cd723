import JSON
import Registry

/// How far a rollout is: a bar for each wave, the cells that failed by name, and whom it waits for.
struct RolloutProgress: LongWorkProgress {
    let rollout: JSONValue
    /// Cells that have failed or can't be reached, as `GET …/cells` shows them.
    let failing: [JSONValue]

    private static let linesMax = 3

    static func title(_ rollout: JSONValue) -> String {
        "rollout of \(rollout["release"]?.string ?? "?") (\(rollout["id"]?.string ?? "?"))".printable
    }

    static func counts(_ rollout: JSONValue) -> String {
        func count(_ name: String) -> Int64 { rollout["progress"]?[name]?.integer ?? 0 }
        let back = rollout["direction"]?.string == "back"
        let all = Int(count("total")).counted("cell")
        var parts = ["\(count("completed")) of \(all) \(back ? "back" : "done")"]
        for name in ["inFlight", "baking", "failed", "unreachable", "skipped"] where count(name) > 0 {
            parts.append("\(count(name)) \(name == "inFlight" ? "in flight" : name)")
        }
        return parts.joined(separator: ", ")
    }

    private var headline: String {
        let state = (rollout["state"]?.string ?? "unknown").printable
        let cause = rollout["cause"]?["message"]?.string.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        return "\(Self.title(rollout)) \(state)\(cause.printable)"
    }

    private var failed: [String] {
        failing.map { cell in
            "\(cell["cell"]?.string ?? "?") \(cell["state"]?.string ?? "?"): \(cell["message"]?.string ?? "")"
                .printable
        }
    }

    private var waiting: [String] {
        rollout.document(blockersExcept: Set(failing.compactMap { $0["cell"]?.string }))
    }

    private var complaints: [String] { Self.few(failed) + Self.few(waiting) }

    /// Everything that there is to say of it, for one look.
    func report(_ paint: Paint) -> [String] {
        var lines = [paint.heading(headline)] + waves + [Self.counts(rollout)]
        lines += (failed + waiting).map(paint.changed)
        if let more = rollout["blockersOmitted"]?.integer { lines.append("… and \(more) more") }
        let uncovered = (rollout["uncovered"]?.array ?? []).compactMap(\.string)
        if !uncovered.isEmpty {
            lines.append("came later, and is no part of it: \(uncovered.joined(separator: ", "))".printable)
        }
        lines += (rollout["nextSteps"]?.array ?? []).compactMap(\.string).map { "next: \($0)".printable }
        return lines
    }

    var essence: String {
        ([headline, Self.counts(rollout)] + failing.compactMap { $0["cell"]?.string }).joined(separator: "\n")
    }

    func line() -> String {
        let wave = rollout["wave"]?.integer ?? 0
        let waves = rollout["waves"]?.array?.count ?? 0
        return (["\(headline), wave \(wave) of \(waves); \(Self.counts(rollout))"] + complaints)
            .joined(separator: "; ")
    }

    func lines(width: Int, _ paint: Paint) -> [String] {
        var lines: [(String, (String) -> String)] = [(headline, paint.heading)]
        for wave in waves { lines.append((wave, { $0 })) }
        lines.append((Self.counts(rollout), { $0 }))
        lines += complaints.map { ($0, paint.changed) }
        return lines.map { text, colour in colour(String(text.prefix(max(20, width - 1)))) }
    }

    /// `  50% [##########----------] wave 2, up to 10%: 50 of 500 cells: changing`.
    private var waves: [String] {
        (rollout["waves"]?.array ?? []).map { wave in
            let states = wave["byState"]?.object ?? [:]
            let isBack = rollout["direction"]?.string == "back"
            let through = isBack ? ["rolledBack", "skipped"] : ["succeeded", "skipped"]
            let done = through.reduce(Int64(0)) { $0 + (states[$1]?.integer ?? 0) }
            let all = max(1, wave["cells"]?.integer ?? 1)
            let bar = ProgressBar.bar(min(1, Double(done) / Double(all)))
            return
                "\(bar) wave \(wave["number"]?.integer ?? 0), \(wave["why"]?.string ?? ""): \(wave["state"]?.string ?? "")"
                .printable
        }
    }

    private static func few(_ lines: [String]) -> [String] {
        lines.count <= linesMax ? lines : lines.prefix(linesMax) + ["… and \(lines.count - linesMax) more"]
    }
}

extension JSONValue {
    /// The blockers in words, but for those that are told of elsewhere.
    fileprivate func document(blockersExcept names: Set<String>) -> [String] {
        (self["blockers"]?.array ?? []).compactMap { blocker in
            guard let id = blocker["id"]?.string, !names.contains(id) else { return nil }
            return "waits for \(blocker["kind"]?.string ?? "") \(id): \(blocker["message"]?.string ?? "")"
                .printable
        }
    }
}
