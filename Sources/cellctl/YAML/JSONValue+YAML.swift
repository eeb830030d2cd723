import JSON
import Yams

// YAML in and out. Yams reads and writes the syntax; what a scalar means is decided here, since Yams follows YAML 1.1,
// where the country code of Norway is a boolean.
extension JSONValue {
    /// Every document of a YAML stream; empty ones are left out.
    ///
    /// - Throws: `usage` with the place of what is wrong.
    static func documents(yaml: String) throws(CommandFailure) -> [JSONValue] {
        var documents: [JSONValue] = []
        do {
            var budget = YAMLBudget(bytesCount: yaml.utf8.count)
            let parser = try Parser(yaml: yaml)
            while let node = try parser.nextRoot() {
                let document = try JSONValue(node, depth: 0, &budget)
                if !document.isNull { documents.append(document) }
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw .usage("this is not YAML: \(error)")
        }
        return documents
    }

    private init(_ node: Node, depth: Int, _ budget: inout YAMLBudget) throws(CommandFailure) {
        try budget.take(depth: depth)
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && scalar.tag == Tag(.implicit)
            do throws(CommandFailure) {
                self = isPlain ? try YAMLScalar.value(ofPlain: scalar.string) : .string(scalar.string)
            } catch {
                throw Self.failure("\(error.message)", node)
            }
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try JSONValue(element, depth: depth + 1, &budget)) }
            self = .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw Self.failure("a field's name must be text", key)
                }
                guard object[name] == nil else {
                    throw Self.failure("the field '\(name)' is there twice", key)
                }
                object[name] = try JSONValue(value, depth: depth + 1, &budget)
            }
            self = .object(object)
        case .alias: throw Self.failure("an alias can't stand here", node)
        }
    }

    private static func failure(_ message: String, _ node: Node) -> CommandFailure {
        .usage("\(node.mark.map { "line \($0.line), column \($0.column): " } ?? "")\(message)")
    }

    /// The value as one YAML document, members in their order, ending with a line's end.
    func yaml() throws(CommandFailure) -> String {
        do {
            return try serialize(node: yamlNode, indent: 2, width: -1, allowUnicode: true)
        } catch {
            throw .failed("the answer can't be written as YAML: \(error)")
        }
    }

    private var yamlNode: Node {
        switch self {
        case .string(let text): Node(text, Tag(.str), YAMLScalar.style(of: text))
        case .array(let elements):
            Node(elements.map(\.yamlNode), Tag(.seq), elements.isEmpty ? .flow : .block)
        case .object(let object):
            Node(
                object.map { (JSONValue.string($0.key).yamlNode, $0.value.yamlNode) }, Tag(.map),
                object.isEmpty ? .flow : .block)
        case .null, .bool, .integer, .number: Node(encodedString(), Tag(.str), .plain)
        }
    }
}

/// What one stream of documents may grow to. A value takes a byte at least, so that only aliases inside of repeated
/// aliases come to more; they would fill the memory.
private struct YAMLBudget {
    private var values: Int

    init(bytesCount: Int) { values = bytesCount + 100_000 }

    mutating func take(depth: Int) throws(CommandFailure) {
        values -= 1
        guard values >= 0 else { throw .usage("the YAML's aliases stand for too many values; write fewer") }
        guard depth <= 64 else { throw .usage("the YAML is nested more than 64 deep; make it flatter") }
    }
}

extension YAMLScalar {
    fileprivate static func style(of text: String) -> Node.Scalar.Style {
        if needsEscapes(text) { return .doubleQuoted }
        return needsQuotes(text) ? .singleQuoted : .any
    }
}
