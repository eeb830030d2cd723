import JSON

/// One field that is added, removed or changed.
struct FieldChange: Equatable {
    /// `labels.tier`; a name with a dot in it is quoted: `labels."titan.io/tier"`.
    let path: String
    let before: JSONValue?
    let after: JSONValue?
}

/// What differs between two states of a resource, field by field.
enum Diff {
    /// Fields that every write changes: they would be in each diff and say nothing.
    static let bookkeeping: Set<String> = ["revision", "previousRevision", "createdAt", "updatedAt"]

    static func changes(from before: JSONValue?, to after: JSONValue?) -> [FieldChange] {
        var changes: [FieldChange] = []
        compare(before?.withoutBookkeeping, after?.withoutBookkeeping, at: "", into: &changes)
        return changes
    }

    private static func compare(
        _ old: JSONValue?, _ new: JSONValue?, at path: String, into changes: inout [FieldChange]
    ) {
        let (before, after) = (old?.orNothing, new?.orNothing)
        if before == after { return }
        if isObjectOrNothing(before), isObjectOrNothing(after) {
            let old = before?.object ?? [:]
            let new = after?.object ?? [:]
            for key in old.keys + new.keys.filter({ old[$0] == nil }) {
                compare(
                    old[key], new[key], at: path.isEmpty ? quoted(key) : "\(path).\(quoted(key))",
                    into: &changes)
            }
        } else if let old = elements(before), let new = elements(after) {
            let (gone, come) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
            if gone.isEmpty, come.isEmpty, before != nil, after != nil {
                changes.append(FieldChange(path: path, before: before, after: after))
            }
            changes += gone.map { FieldChange(path: "\(path)[]", before: $0, after: nil) }
            changes += come.map { FieldChange(path: "\(path)[]", before: nil, after: $0) }
        } else {
            changes.append(FieldChange(path: path, before: before, after: after))
        }
    }

    /// Nothing counts as an empty object, so that what is inside of a new one is shown field by field.
    private static func isObjectOrNothing(_ value: JSONValue?) -> Bool {
        value.map { $0.object != nil } ?? true
    }

    /// Nothing counts as an empty list too.
    private static func elements(_ value: JSONValue?) -> [JSONValue]? { value.map(\.array) ?? [] }

    private static func quoted(_ key: String) -> String { key.contains(".") ? "\"\(key)\"" : key }
}

extension Diff {
    /// A line a field: `~ capacity: 100 → 200`, `+ labels.tier: gold`, `- labels.old: x`.
    static func lines(from before: JSONValue?, to after: JSONValue?, _ paint: Paint) -> [String] {
        changes(from: before, to: after).map { change in
            let path = change.path.printable
            switch (change.before, change.after) {
            case (let before?, let after?):
                return paint.changed("~ \(path): \(written(before)) → \(written(after))")
            case (let before?, nil): return paint.bad("- \(path): \(written(before))")
            case (nil, let after): return paint.good("+ \(path): \(after.map(written) ?? "")")
            }
        }
    }

    /// A string without quotes where it can't be mistaken for anything else.
    private static func written(_ value: JSONValue) -> String {
        if let text = value.string, !YAMLScalar.needsQuotes(text) { return text.printable }
        return value.encodedString().printable
    }
}

extension JSONValue {
    fileprivate var orNothing: JSONValue? { isNull ? nil : self }

    fileprivate var withoutBookkeeping: JSONValue {
        guard case .object(var object) = self else { return self }
        for key in Diff.bookkeeping { object[key] = nil }
        return .object(object)
    }
}
