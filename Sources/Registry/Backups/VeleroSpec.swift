import JSON

/// What a `velero.io/v1` backup is of, and for how long: the `spec` of a Backup, the `template` of a Schedule.
public struct VeleroSpec: Sendable, Equatable {
    /// For as long Velero keeps a backup that names no time to live.
    public static let usualTTL = Duration.seconds(720 * 3600)

    /// Empty for all there are.
    public var includedNamespaces: [String]
    public var excludedNamespaces: [String]
    /// Of the objects in those namespaces the ones that carry all labels of one of these; empty for all objects.
    public var labels: [[String: String]]
    /// Something beside those leaves out what a restore would miss: kinds that are picked, volumes that are not, labels
    /// by expression. Only read, never written.
    public var isFiltered: Bool
    /// Nil for Velero's default.
    public var storageLocation: String?
    public var ttl: Duration

    public init(
        includedNamespaces: [String] = [], excludedNamespaces: [String] = [],
        labels: [[String: String]] = [], isFiltered: Bool = false, storageLocation: String? = nil,
        ttl: Duration = usualTTL
    ) {
        self.includedNamespaces = includedNamespaces
        self.excludedNamespaces = excludedNamespaces
        self.labels = labels
        self.isFiltered = isFiltered
        self.storageLocation = storageLocation
        self.ttl = ttl
    }

    /// All of every namespace, or of each one that is named.
    public var isWhole: Bool { labels.isEmpty && !isFiltered }

    public var document: JSONValue {
        var object: JSONObject = [
            "includedNamespaces": .strings(includedNamespaces.isEmpty ? ["*"] : includedNamespaces),
            "ttl": .string(ttl.go),
        ]
        if !excludedNamespaces.isEmpty { object["excludedNamespaces"] = .strings(excludedNamespaces) }
        if !labels.isEmpty {
            object["orLabelSelectors"] = .array(
                labels.map { ["matchLabels": .object(JSONObject(strings: $0))] })
        }
        if let storageLocation { object["storageLocation"] = .string(storageLocation) }
        return .object(object)
    }
}

extension VeleroSpec {
    init(from reader: DocumentReader) {
        self.init()
        let included = reader.veleroNames("includedNamespaces")
        includedNamespaces = included.contains("*") ? [] : included
        excludedNamespaces = reader.veleroNames("excludedNamespaces")
        storageLocation = reader.string("storageLocation").flatMap { $0.isEmpty ? nil : $0 }
        // Velero takes 0 for none, too.
        let ttl = reader.parsed("ttl", "must be a duration like 720h0m0s") { Duration(go: $0) }
        self.ttl = ttl.flatMap { $0 > .zero ? $0 : nil } ?? Self.usualTTL
        read(reader.converted("labelSelector", "must be an object") { $0.object == nil ? nil : [$0] } ?? [])
        read(reader.converted("orLabelSelectors", "must be a list", \.array) ?? [])
        for key in ["includedResources", "includedNamespaceScopedResources"] {
            let kinds = reader.veleroNames(key)
            isFiltered = isFiltered || !kinds.isEmpty && !kinds.contains("*")
        }
        let volumes = ["*", "pv", "pvc", "persistentvolumes", "persistentvolumeclaims"]
        for key in ["excludedResources", "excludedNamespaceScopedResources"] {
            let kinds = reader.veleroNames(key).map { $0.lowercased() }
            isFiltered = isFiltered || kinds.contains(where: volumes.contains)
        }
    }

    private mutating func read(_ selectors: [JSONValue]) {
        for selector in selectors {
            let matched = (selector["matchLabels"]?.object ?? [:]).reduce(into: [String: String]()) {
                $0[$1.0] = $1.1.string
            }
            if !matched.isEmpty { labels.append(matched) }
            isFiltered = isFiltered || selector["matchExpressions"]?.array?.isEmpty == false
        }
    }
}

extension DocumentReader {
    /// A list of names of namespaces or kinds, in which `*` stands for all; empty where it is absent.
    func veleroNames(_ key: String) -> [String] {
        entries(key, countMax: .max, "must be a string", \.string) ?? []
    }
}

extension JSONValue {
    static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
