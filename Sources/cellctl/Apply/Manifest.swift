import JSON

/// What a document of `apply` describes.
enum ManifestKind: String, CaseIterable {
    case cell = "Cell"
    case tenant = "Tenant"

    var noun: Noun { self == .cell ? CellResource.noun : TenantResource.noun }

    /// Fields that a PUT keeps as they are where the document leaves them out: actions, reports and the placement
    /// policy decide them.
    var keptFields: [String] {
        switch self {
        case .cell: ["state", "schedulable", "health"]
        case .tenant: ["cell", "epoch", "state"]
        }
    }

    /// What a PUT takes for a field that the document leaves out. Empty objects and lists need no mention.
    var defaults: JSONObject {
        switch self {
        case .cell: ["capacity": 0]
        case .tenant: ["load": 1, "pinned": false]
        }
    }

    /// Fields that answers carry and a PUT ignores.
    var ignoredFields: [String] {
        switch self {
        case .cell: ["load", "tenants"]
        case .tenant: []
        }
    }
}

/// Which resource is meant.
struct ResourceKey: Hashable {
    let kind: ManifestKind
    let id: String

    var name: String { "\(kind.noun.name)/\(id)" }
}

/// One document of `apply`: what a resource shall be.
struct Manifest {
    /// The label that says to which set of documents a resource belongs; `--prune` deletes none without it.
    static let setLabel = "titan.io/applied-by"

    let key: ResourceKey
    /// Without `kind`: what is sent.
    let document: JSONValue

    /// - Throws: `usage` for a document of no known kind or without an id, and for two of the same resource.
    static func read(_ documents: [JSONValue], set: String?) throws(CommandFailure) -> [Manifest] {
        var manifests: [Manifest] = []
        var seen: Set<ResourceKey> = []
        for (index, document) in documents.enumerated() {
            let manifest = try Manifest(document, number: index + 1, set: set)
            guard seen.insert(manifest.key).inserted else {
                throw .usage("\(manifest.key.name) is described twice; keep one document")
            }
            manifests.append(manifest)
        }
        return manifests
    }

    private init(_ document: JSONValue, number: Int, set: String?) throws(CommandFailure) {
        guard case .object(var fields) = document.withoutKind else {
            throw .usage("document \(number) is \(document.kind), and must be an object")
        }
        let kinds = ManifestKind.allCases.map(\.rawValue).joined(separator: " or ")
        guard let name = document["kind"]?.string, let kind = ManifestKind(rawValue: name) else {
            throw .usage("document \(number): 'kind' must be \(kinds)")
        }
        guard let id = fields["id"]?.string, !id.isEmpty else {
            let hint = fields["id"] == nil ? "is missing" : "must be a string (put it in quotes)"
            throw .usage("document \(number): 'id' \(hint)")
        }
        if let set {
            var labels = fields["labels"]?.object ?? [:]
            labels[Self.setLabel] = .string(set)
            fields["labels"] = .object(labels)
        }
        key = ResourceKey(kind: kind, id: id)
        self.document = .object(fields)
    }
}
