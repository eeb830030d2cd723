import JSON

/// What a write does, or would do, to one resource: an element of a dry run's `effects`, or a step of `apply`'s plan.
struct Effect {
    enum Action: String {
        case create, update, delete
    }

    let kind: String
    let id: String
    let action: Action
    let before: JSONValue?
    let after: JSONValue?

    init(kind: String, id: String, action: Action, before: JSONValue?, after: JSONValue?) {
        self.kind = kind
        self.id = id
        self.action = action
        self.before = before
        self.after = after
    }

    /// Nil where it is none that this version of the command understands.
    init?(_ value: JSONValue) {
        guard let kind = value["kind"]?.string, let id = value["id"]?.string,
            let action = value["action"]?.string.flatMap(Action.init)
        else { return nil }
        self.init(kind: kind, id: id, action: action, before: value["before"], after: value["after"])
    }

    /// The resource with a sign before it, then a line a field.
    func lines(_ paint: Paint) -> [String] {
        let name = "\(kind)/\(id)".printable
        let head =
            switch action {
            case .create: paint.good("+ \(name)")
            case .update: paint.changed("~ \(name)")
            case .delete: paint.bad("- \(name)")
            }
        return [head] + Diff.lines(from: before, to: after, paint).map { "    \($0)" }
    }

    var document: JSONValue {
        [
            "kind": .string(kind), "id": .string(id), "action": .string(action.rawValue),
            "before": before ?? .null, "after": after ?? .null,
        ]
    }
}
