import ArgumentParser
import JSON

/// `labels.tier=gold`: one field of a merge patch (RFC 7396).
///
/// Names are joined by dots; a dot inside of a name is written `\.`. The value is what a plain YAML scalar means, or
/// JSON where it starts with `"`, `[` or `{`; `null` removes the field.
struct FieldAssignment: ExpressibleByArgument, Equatable {
    let path: [String]
    let value: JSONValue

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "=") else { return nil }
        path = Self.names(argument[..<equals])
        guard !path.contains("") else { return nil }
        let text = argument[argument.index(after: equals)...]
        if let first = text.first, "\"[{".contains(first) {
            guard let value = try? JSONValue(parsing: Array(text.utf8)) else { return nil }
            self.value = value
        } else if text.isEmpty {
            value = ""
        } else {
            guard let value = try? YAMLScalar.value(ofPlain: String(text)) else { return nil }
            self.value = value
        }
    }

    private static func names(_ text: Substring) -> [String] {
        var names = [""]
        var escaped = false
        for character in text {
            if character == "\\", !escaped {
                escaped = true
            } else if character == ".", !escaped {
                names.append("")
            } else {
                names[names.count - 1].append(character)
                escaped = false
            }
        }
        return names
    }

    /// The patch of all assignments together; a later one wins.
    static func patch(_ assignments: [FieldAssignment]) -> JSONValue {
        assignments.reduce(.object([:])) { patch, assignment in
            set(assignment.value, at: assignment.path[...], in: patch)
        }
    }

    /// The patch that is written out, or else that of the assignments.
    static func patch(_ assignments: [FieldAssignment], or text: String?) throws(CommandFailure) -> JSONValue
    {
        guard let text else { return patch(assignments) }
        guard let patch = try Documents.parse(Array(text.utf8)).first else {
            throw .usage("the patch is empty")
        }
        return patch
    }

    private static func set(_ value: JSONValue, at path: ArraySlice<String>, in target: JSONValue)
        -> JSONValue
    {
        guard let name = path.first else { return value }
        var object = target.object ?? [:]
        object[name] = set(value, at: path.dropFirst(), in: object[name] ?? .object([:]))
        return .object(object)
    }
}
