import JSON

/// A JSON Merge Patch applied, as RFC 7396 §2 defines it: written anew here, so that a fault in the server's own
/// can't hide behind itself.
func merged(_ target: JSONValue?, with patch: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var result = target?.object ?? [:]
    for (name, change) in changes { result[name] = change.isNull ? nil : merged(result[name], with: change) }
    return .object(result)
}

/// A gateway's routing table: the one that many gateways fetched alike, and what this one has merged since. Its
/// sections and entries are merged by RFC 7396; only the copying of the other hundred thousand is left out.
struct GatewayTable: Sendable {
    /// A whole table by section and name.
    typealias Entries = [String: [String: JSONValue]]

    static let sections = ["cells", "tenants", "hosts"]

    private(set) var revision: RevisionTag
    private let base: Entries
    /// Nil is what is gone.
    private var changed: [String: [String: JSONValue?]] = [:]

    init(_ table: JSONValue, _ base: Entries) throws {
        revision = try RevisionTag(table["revision"]?.string)
        self.base = base
    }

    static func entries(of table: JSONValue) throws -> Entries {
        var entries: Entries = [:]
        for section in sections {
            guard let members = table[section]?.object else { throw Failure("There are no \(section).") }
            entries[section] = Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) })
        }
        return entries
    }

    func entry(_ section: String, _ name: String) -> JSONValue? {
        if let change = changed[section]?[name] { return change }
        return base[section]?[name]
    }

    /// - Throws: `Failure` where the delta is not one of this table, or would take it back.
    mutating func apply(_ delta: JSONValue) throws {
        guard let members = delta.object, try RevisionTag(delta["from"]?.string) == revision else {
            throw Failure("It has \(revision), and was given \(delta.encodedString().prefix(200))")
        }
        let next = try RevisionTag(delta["revision"]?.string)
        guard next.incarnation == revision.incarnation, next.number >= revision.number else {
            throw Failure("It has \(revision), and was given \(next)")
        }
        for (section, patch) in members where section != "from" && section != "revision" {
            guard Self.sections.contains(section), let changes = patch.object else {
                throw Failure("What is \(section)?")
            }
            for (name, change) in changes {
                let value = change.isNull ? nil : merged(entry(section, name), with: change)
                changed[section, default: [:]].updateValue(value, forKey: name)
            }
        }
        revision = next
    }

    /// The entries by which this table is not `other`, given those by which its base is not.
    func differences(from other: Entries, baseDiffers: [(section: String, name: String)]) -> [String] {
        let own = changed.flatMap { section, names in names.keys.map { (section: section, name: $0) } }
        return (own + baseDiffers).filter { entry($0.section, $0.name) != other[$0.section]?[$0.name] }
            .map { "\($0.section)/\($0.name)" }
    }

    static func differences(_ left: Entries, _ right: Entries) -> [(section: String, name: String)] {
        sections.flatMap { section in
            Set((left[section] ?? [:]).keys).union((right[section] ?? [:]).keys)
                .filter { left[section]?[$0] != right[section]?[$0] }.map { (section: section, name: $0) }
        }
    }
}

/// `<incarnation>.<number>`.
struct RevisionTag: Sendable, Equatable, CustomStringConvertible {
    let incarnation: String
    let number: Int64

    init(_ text: String?) throws {
        let parts = (text ?? "").split(separator: ".")
        guard parts.count == 2, let number = Int64(parts[1]) else {
            throw Failure("\(text ?? "nothing") is no revision")
        }
        incarnation = String(parts[0])
        self.number = number
    }

    var description: String { "\(incarnation).\(number)" }
}
