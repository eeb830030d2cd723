import JSON

/// An error answer of the control plane: problem+json (RFC 9457), or what stands in for it where a proxy answered.
struct Problem {
    let status: Int
    /// The whole document, for `-o json`.
    let document: JSONValue

    init(status: Int, body: [UInt8]) {
        self.status = status
        if let value = try? JSONValue(parsing: body), value["code"]?.string != nil {
            document = value
        } else {
            let health = (try? JSONValue(parsing: body))?["status"]?.string
            document = [
                "status": .integer(Int64(status)), "code": .string(health == nil ? "unknown" : "notReady"),
                "detail": health.map { "The control plane is not ready: \($0)." }
                    ?? "The server answered \(status) without saying why; is this the control plane's address?",
            ]
        }
    }

    var code: String { document["code"]?.string ?? "unknown" }

    /// As people read it: one line for the error, one for each thing to know or to do.
    func lines(_ paint: Paint) -> [String] {
        let detail = document["detail"]?.string ?? document["title"]?.string ?? "The request failed."
        var lines = ["\(paint.bad("error:")) \(detail.printable) (\(code.printable))"]
        for error in document["errors"]?.array ?? [] {
            lines.append("  field '\(text(error, "field"))': \(text(error, "message"))")
        }
        lines += (document.blockerLines + document.nextStepLines).map { "  \($0)" }
        if let id = document["requestId"]?.string { lines.append("  request id: \(id.printable)") }
        return lines
    }

    private func text(_ value: JSONValue, _ key: String) -> String { (value[key]?.string ?? "").printable }
}

extension JSONValue {
    /// `blocked by gateway 'gw-7': silent for 12s`, of a problem or an operation, a line each.
    var blockerLines: [String] {
        (self["blockers"]?.array ?? []).map { blocker in
            let (kind, id) = (blocker["kind"]?.string ?? "", blocker["id"]?.string ?? "")
            return "blocked by \(kind) '\(id)': \(blocker["message"]?.string ?? "")".printable
        }
    }

    /// What to do about it, a line each.
    var nextStepLines: [String] {
        (self["nextSteps"]?.array ?? []).map { "next: \($0.string ?? "")".printable }
    }
}
