import JSON
import Registry

/// Reads cells out of `kubectl get statefulsets -o json`, as it comes.
///
/// A StatefulSet labelled `app: cell` (or named `cell-…`) becomes the cell of its name: each container with a port an
/// endpoint at the cell's headless Service (`<service>.<namespace>.svc.cluster.local:<port>`), each image an image,
/// the environment's SCYLLA_NODES, KAFKA_BROKERS and REDIS_URL its data stores, its labels the cell's.
public struct StatefulSets: Sendable {
    /// Where the cells' zones come from when nothing in the StatefulSet names one: dealt out in turn by the number at
    /// the end of the name, so that a repeated import deals the same.
    public var zones: [String]
    /// Load units that each cell can carry.
    public var capacity: Int64
    /// True: the cells serve already.
    public var active: Bool

    public init(zones: [String], capacity: Int64, active: Bool) {
        self.zones = zones
        self.capacity = capacity
        self.active = active
    }

    /// One line for each StatefulSet of a `List`, numbered from 1; those that are no cells are left out.
    ///
    /// - Throws: `invalidArgument` where it is no such list.
    public func lines(of list: JSONValue) throws(RegistryError) -> [ImportLine] {
        let kind = list["kind"]?.string ?? ""
        let items = kind == "StatefulSet" ? [list] : list["items"]?.array
        guard kind == "StatefulSet" || kind == "StatefulSetList" || kind == "List", let items else {
            throw RegistryError(
                .invalidArgument, "The body is no Kubernetes list of StatefulSets.",
                errors: [FieldError("kind", "must be 'List', 'StatefulSetList' or 'StatefulSet'")],
                nextSteps: [
                    "kubectl get statefulsets -n titan-cells -o json",
                    "or send cells as application/x-ndjson",
                ])
        }
        return items.enumerated().compactMap { index, item in
            guard item["kind"]?.string ?? "StatefulSet" == "StatefulSet", isCell(item) else { return nil }
            return ImportLine(number: index + 1, document: cell(item))
        }
    }

    private func isCell(_ item: JSONValue) -> Bool {
        item["metadata"]?["labels"]?["app"]?.string == "cell"
            || item["metadata"]?["name"]?.string?.hasPrefix("cell-") == true
    }

    private func cell(_ item: JSONValue) -> Result<JSONValue, RegistryError> {
        let metadata = item["metadata"]
        let name = metadata?["name"]?.string ?? ""
        guard let zone = zone(of: item, named: name) else {
            return .failure(
                RegistryError(
                    .invalidArgument, "The StatefulSet '\(name)' names no zone.",
                    errors: [
                        FieldError(
                            "zones", "must list zones to deal out, like us-east-1a,us-east-1b,us-east-1c")
                    ]))
        }
        let namespace = metadata?["namespace"]?.string ?? "default"
        let service = item["spec"]?["serviceName"]?.string ?? name
        let containers = item["spec"]?["template"]?["spec"]?["containers"]?.array ?? []
        var endpoints = JSONObject()
        var images = JSONObject()
        var stores = JSONObject()
        for container in containers {
            guard let of = container["name"]?.string else { continue }
            if let image = container["image"]?.string { images[of] = .string(image) }
            if let port = container["ports"]?[0]?["containerPort"]?.integer {
                endpoints[of] = .string("\(service).\(namespace).svc.cluster.local:\(port)")
            }
            for variable in container["env"]?.array ?? [] {
                guard let store = Self.stores[variable["name"]?.string ?? ""],
                    let value = variable["value"]?.string
                else { continue }
                stores[store.name] = .array(Self.addresses(value, defaultPort: store.port))
            }
        }
        var document: JSONObject = [
            "id": .string(name), "zone": .string(zone), "capacity": .integer(capacity),
            "endpoints": .object(endpoints), "images": .object(images), "dataStores": .object(stores),
            "labels": metadata?["labels"] ?? [:],
        ]
        // Left out, a cell that is there already keeps its own.
        if active { document["state"] = "active" }
        return .success(.object(document))
    }

    /// What the StatefulSet itself says of its zone, else one of `zones`.
    private func zone(of item: JSONValue, named name: String) -> String? {
        let key = "topology.kubernetes.io/zone"
        let template = item["spec"]?["template"]
        let said =
            item["metadata"]?["labels"]?[key]?.string ?? template?["metadata"]?["labels"]?[key]?.string
            ?? template?["spec"]?["nodeSelector"]?[key]?.string
        if let said { return said }
        guard !zones.isEmpty else { return nil }
        let number = Int(
            name.reversed().prefix { $0.isASCII && $0.isNumber }.reversed().map(String.init).joined())
        return zones[((number ?? 1) % zones.count + zones.count - 1) % zones.count]
    }

    private static let stores: [String: (name: String, port: Int)] = [
        "SCYLLA_NODES": ("scylla", 9042), "KAFKA_BROKERS": ("kafka", 9092), "REDIS_URL": ("redis", 6379),
    ]

    /// `a:1,b` with a default port for those that name none; of a URL only the host and port are kept, no password.
    private static func addresses(_ value: String, defaultPort: Int) -> [JSONValue] {
        value.split(separator: ",").map { part in
            var address = part.drop { $0 == " " }.prefix { $0 != " " }
            if let scheme = address.firstRange(of: "://") { address = address[scheme.upperBound...] }
            address = address.prefix { $0 != "/" && $0 != "?" }
            if let userinfo = address.lastIndex(of: "@") {
                address = address[address.index(after: userinfo)...]
            }
            return .string(address.contains(":") ? String(address) : "\(address):\(defaultPort)")
        }
    }
}
