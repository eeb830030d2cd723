import JSON

@testable import Registry

/// The schemas of Velero's CustomResourceDefinitions, without their descriptions, as far as they are used there; what a
/// schema does not name is a fault, for the API server would drop it.
struct CustomResourceSchema {
    private let kinds: JSONValue

    init() throws {
        kinds = try JSONValue(
            parsing: Array(
                TextFile.read(TextFile.package + "Tests/RegistryTests/Golden/velero-crds.json").utf8))
    }

    /// What the API server would say of the object.
    func faults(of object: JSONValue) -> [String] {
        guard let schema = object["kind"]?.string.flatMap({ kinds[$0] }) else {
            return ["is of no kind known"]
        }
        return faults(object, schema, "$")
    }

    private func faults(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        if value.isNull { return schema["nullable"] == true ? [] : ["\(path) is null"] }
        switch schema["type"]?.string {
        case "object": return members(value, schema, path)
        case "array":
            guard let items = value.array, let schema = schema["items"] else { return ["\(path) is no list"] }
            return items.flatMap { faults($0, schema, "\(path)[]") }
        case "string":
            guard let text = value.string else { return ["\(path) is no string"] }
            if let allowed = schema["enum"]?.array, !allowed.contains(value) {
                return ["\(path) is '\(text)'"]
            }
            return schema["format"] == "date-time" && Timestamp(text) == nil ? ["\(path) is no time"] : []
        case "integer": return value.integer == nil ? ["\(path) is no whole number"] : []
        case "boolean": return value.bool == nil ? ["\(path) is not true or false"] : []
        default: return ["\(path) has a type that this does not know"]
        }
    }

    private func members(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        guard let object = value.object else { return ["\(path) is no object"] }
        let missing = (schema["required"]?.array ?? []).compactMap(\.string).filter { object[$0] == nil }
        // Kubernetes itself sees to the metadata.
        guard schema["properties"] != nil || schema["additionalProperties"] != nil else { return [] }
        return missing.map { "\(path).\($0) is missing" }
            + object.flatMap { key, value in
                (schema["properties"]?[key] ?? schema["additionalProperties"])
                    .map { faults(value, $0, "\(path).\(key)") } ?? ["\(path).\(key) is unknown"]
            }
    }
}
