import JSON
import Registry

/// The handle of long work as the control plane shows it: a drain, a tenant migration, a rebalance.
struct Operation {
    let document: JSONValue

    init(_ document: JSONValue) { self.document = document }

    var id: String { (document["id"]?.string ?? "").printable }
    var kind: String { (document["kind"]?.string ?? "operation").printable }
    var state: String { (document["state"]?.string ?? "unknown").printable }
    var isDone: Bool { document["done"]?.bool ?? false }

    /// `drain of cell-7`; the kind alone where it is of no single resource.
    var title: String {
        let parts = (document["resource"]?.string ?? "").split(separator: "/")
        guard parts.count > 2, let name = parts.last.map({ APIRequest.percentDecoded(String($0)) }) else {
            return kind
        }
        return "\(kind) of \(name)".printable
    }

    /// The state, and what was asked for but is not so yet: `running, cancelling`.
    var standing: String {
        switch (isDone, state, document["intent"]?.string) {
        case (false, _, "cancel"): "\(state), cancelling"
        case (false, "running", "pause"): "\(state), pausing"
        case (false, "paused", "run"): "\(state), resuming"
        default: state
        }
    }

    /// Its batches are told by `GET /v1/migrations/{migration}`.
    var movesTenants: Bool {
        ["migration", "drain", "evacuation", "restoration", "rebalance", "reversal"].contains(kind)
    }

    var total: Int64 { count("total") }
    var completed: Int64 { count("completed") }
    var failed: Int64 { count("failed") }
    var left: Int64 { max(0, total - completed - failed) }

    /// `120 of 200 moved, 3 failed`.
    var counts: String {
        let done = "\(completed) of \(total) \(movesTenants ? "moved" : "done")"
        return failed > 0 ? "\(done), \(failed) failed" : done
    }

    /// From its creation to its end, to the millisecond; nil while it runs.
    var took: Duration? {
        guard let start = document["createdAt"]?.string.flatMap({ Timestamp($0) }),
            let end = document["endedAt"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        return .milliseconds(max(0, end.rawValue - start.rawValue))
    }

    /// What it wrote about what went wrong, the last few; its last line says how it ended, and is told anyway.
    var complaints: [String] {
        let lines = (document["log"]?.array ?? []).dropLast(isDone ? 1 : 0).filter {
            $0["level"]?.string == "warning"
        }
        return lines.suffix(3).map { "\($0["at"]?.string ?? "")  \($0["message"]?.string ?? "")".printable }
    }

    /// How a command ends that waited for it.
    var ending: Ending {
        switch state {
        case "succeeded": .success
        case "cancelled": .operationCancelled
        default: .operationFailed
        }
    }

    /// How to come back to it, and how to end it.
    var returnSteps: [String] {
        ["come back with: cellctl operations wait \(id)", "cancel it with: cellctl operations cancel \(id)"]
    }

    private func count(_ name: String) -> Int64 { document["progress"]?[name]?.integer ?? 0 }
}
