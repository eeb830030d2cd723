import JSON

/// What the registry holds of the resources that an `apply` is about.
enum CurrentState {
    /// Up to here each resource is asked for by its id; past it, all of the kind are listed.
    private static let singleReadsMax = 20

    static func read(
        for manifests: [Manifest], set: String?, _ api: APIClient
    ) throws(CommandFailure) -> [ResourceKey: JSONValue] {
        var current: [ResourceKey: JSONValue] = [:]
        for kind in ManifestKind.allCases {
            let keys = manifests.map(\.key).filter { $0.kind == kind }
            if keys.count > singleReadsMax {
                try add(api.list(kind.noun.path), kind, to: &current)
                continue
            }
            for key in keys { current[key] = try get(key, api) }
            if let set {
                let query = [("label", "\(Manifest.setLabel)=\(set)")]
                try add(api.list(kind.noun.path, query: query), kind, to: &current)
            }
        }
        return current
    }

    private static func add(
        _ items: [JSONValue], _ kind: ManifestKind, to current: inout [ResourceKey: JSONValue]
    ) {
        for item in items {
            if let id = item["id"]?.string { current[ResourceKey(kind: kind, id: id)] = item }
        }
    }

    private static func get(_ key: ResourceKey, _ api: APIClient) throws(CommandFailure) -> JSONValue? {
        do throws(CommandFailure) {
            return try api.send(APIRequest("GET", key.kind.noun.path(key.id))).body
        } catch {
            if error.ending == .notFound { return nil }
            throw error
        }
    }
}
