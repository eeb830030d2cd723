import JSON
import Registry
import Synchronization

/// Holds values against JSON Schema 2020-12, as much of it as `openapi.yaml` uses; a keyword that it does not know
/// is a fault, so that no rule is passed over in silence.
///
/// An answer may hold no member that its schema does not name. (For clients the schemas are open: they must bear new
/// members. It is the server that must not have any that the document does not tell of.)
struct SchemaChecker: Sendable {
    private let document: JSONValue

    init(_ document: JSONValue) { self.document = document }

    func resolved(_ value: JSONValue) throws -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        guard reference.hasPrefix("#/") else {
            throw Unexpected("\(reference) is no reference into the document")
        }
        var found: JSONValue? = document
        for part in reference.dropFirst(2).split(separator: "/") { found = found?[String(part)] }
        guard let found else { throw Unexpected("\(reference) leads nowhere") }
        return try resolved(found)
    }

    /// - Parameter isOpen: true where members that the schema does not name are fine.
    func faults(of value: JSONValue, schema: JSONValue, isOpen: Bool = false) -> [String] {
        Walk(checker: self, isOpen: isOpen).closed(value, schema, at: "$")
    }

    /// What is said about a value: its faults, and the members that some rule has spoken of.
    fileprivate struct Finding {
        var faults: [String] = []
        var named: Set<String> = []
        /// True where anything names members: an object of a schema that names none may hold any.
        var isDescribed = false

        mutating func add(_ other: Finding) {
            faults += other.faults
            named.formUnion(other.named)
            isDescribed = isDescribed || other.isDescribed
        }
    }

    private struct Walk {
        let checker: SchemaChecker
        let isOpen: Bool

        func closed(_ value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
            let finding = evaluate(value, schema, at: path)
            guard !isOpen, finding.isDescribed, let object = value.object else { return finding.faults }
            let unnamed = object.keys.filter { !finding.named.contains($0) }
            return finding.faults + unnamed.map { "\(path).\($0) is not named by the schema" }
        }

        private func evaluate(_ value: JSONValue, _ schema: JSONValue, at path: String) -> Finding {
            var finding = Finding()
            if schema == true { return finding }
            guard let rules = schema.object else {
                return Finding(faults: ["\(path): the schema is no object"])
            }
            for (keyword, rule) in rules {
                switch keyword {
                case "$ref":
                    guard let target = try? checker.resolved(["$ref": rule]) else {
                        finding.faults.append("\(rule) leads nowhere")
                        continue
                    }
                    finding.add(evaluate(value, target, at: path))
                case "allOf":
                    for part in rule.array ?? [] { finding.add(evaluate(value, part, at: path)) }
                case "anyOf", "oneOf":
                    let branches = (rule.array ?? []).map { evaluate(value, $0, at: path) }
                    let good = branches.filter(\.faults.isEmpty)
                    if good.isEmpty || keyword == "oneOf" && good.count > 1 {
                        finding.faults.append(
                            "\(path) fits \(good.count) of \(keyword): \(branches.map { $0.faults.first ?? "fits" })"
                        )
                    }
                    for branch in good { finding.add(branch) }
                case "not":
                    if evaluate(value, rule, at: path).faults.isEmpty {
                        finding.faults.append("\(path) is what it must not be")
                    }
                case "properties", "required", "additionalProperties", "propertyNames", "minProperties",
                    "maxProperties", "dependentRequired":
                    guard let object = value.object else { continue }
                    finding.add(members(of: object, keyword, rule, rules, at: path))
                case "items", "minItems", "maxItems", "uniqueItems":
                    guard let array = value.array else { continue }
                    finding.faults += elements(of: array, keyword, rule, at: path)
                default:
                    if let fault = plainFault(of: value, keyword, rule) {
                        finding.faults.append("\(path) \(fault)")
                    }
                }
            }
            return finding
        }

        private func members(
            of object: JSONObject, _ keyword: String, _ rule: JSONValue, _ rules: JSONObject, at path: String
        ) -> Finding {
            var finding = Finding()
            switch keyword {
            case "properties":
                finding.isDescribed = true
                for (name, schema) in rule.object ?? [:] {
                    finding.named.insert(name)
                    if let value = object[name] {
                        finding.faults += closed(value, schema, at: "\(path).\(name)")
                    }
                }
            case "required":
                for name in rule.array?.compactMap(\.string) ?? [] where object[name] == nil {
                    finding.faults.append("\(path).\(name) is missing")
                }
            case "dependentRequired":
                for (name, others) in rule.object ?? [:] where object[name] != nil {
                    for other in others.array?.compactMap(\.string) ?? [] where object[other] == nil {
                        finding.faults.append("\(path).\(name) needs \(other)")
                    }
                }
            case "additionalProperties":
                let named = rules["properties"]?.object ?? [:]
                for (name, value) in object where named[name] == nil {
                    finding.named.insert(name)
                    finding.faults +=
                        rule == false
                        ? ["\(path).\(name) is one too many"] : closed(value, rule, at: "\(path).\(name)")
                }
            case "minProperties":
                if object.keys.count < rule.integer ?? 0 {
                    finding.faults.append("\(path) has too few members")
                }
            case "propertyNames":
                for name in object.keys {
                    finding.faults += closed(.string(name), rule, at: "\(path).\(name)'s name")
                }
            default:
                if object.count > rule.integer ?? .max {
                    finding.faults.append("\(path) has too many members")
                }
            }
            return finding
        }

        private func elements(of array: [JSONValue], _ keyword: String, _ rule: JSONValue, at path: String)
            -> [String]
        {
            switch keyword {
            case "items": array.indices.flatMap { closed(array[$0], rule, at: "\(path)[\($0)]") }
            case "minItems": array.count < rule.integer ?? 0 ? ["\(path) has too few elements"] : []
            case "maxItems": array.count > rule.integer ?? .max ? ["\(path) has too many elements"] : []
            default:
                array.indices.contains { array[..<$0].contains(array[$0]) }
                    ? ["\(path) has an element twice"] : []
            }
        }

        private func plainFault(of value: JSONValue, _ keyword: String, _ rule: JSONValue) -> String? {
            switch keyword {
            case "type":
                let types = rule.array?.compactMap(\.string) ?? [rule.string ?? ""]
                return types.contains { value.isOf($0) } ? nil : "is \(value.kind), not of \(types)"
            case "enum":
                return rule.array?.contains(value) == true
                    ? nil : "is \(value.encodedString()), none of the enum"
            case "const":
                return value == rule ? nil : "is \(value.encodedString()), not \(rule.encodedString())"
            case "minimum": return value.number.map { $0 >= rule.number ?? 0 } ?? true ? nil : "is too small"
            case "maximum": return value.number.map { $0 <= rule.number ?? 0 } ?? true ? nil : "is too large"
            case "minLength":
                return length(value).map { $0 >= rule.integer ?? 0 } ?? true ? nil : "is too short"
            case "maxLength":
                return length(value).map { $0 <= rule.integer ?? 0 } ?? true ? nil : "is too long"
            case "pattern":
                guard let text = value.string else { return nil }
                return Patterns.matches(text, rule.string ?? "") ? nil : "does not match \(rule): '\(text)'"
            case "format":
                guard let text = value.string else { return nil }
                switch rule.string {
                case "date-time": return Timestamp(text) == nil ? "is no time: '\(text)'" : nil
                case "idn-hostname": return Host.normalised(text) == nil ? "is no host name: '\(text)'" : nil
                default: return "has the format \(rule), which this checker does not know"
                }
            case "description", "example", "examples", "title", "default", "readOnly", "x-line-schema":
                return nil
            default: return "has the rule '\(keyword)', which this checker does not know"
            }
        }

        private func length(_ value: JSONValue) -> Int64? {
            value.string.map { Int64($0.unicodeScalars.count) }
        }
    }
}

extension JSONValue {
    fileprivate func isOf(_ type: String) -> Bool {
        switch (self, type) {
        case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"),
            (.number, "number"),
            (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }
}

/// ECMA 262 patterns, as far as Swift's own expressions mean the same.
enum Patterns {
    static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
        return text.firstMatch(of: expression) != nil
    }
}
