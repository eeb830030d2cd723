import JSON

/// What a StatefulSet is to be, and what its controller says that it is.
public struct StatefulSet: Sendable, Equatable {
    public struct Container: Sendable, Equatable {
        public var name: String
        public var image: String
    }

    public enum UpdateStrategy: Sendable, Equatable {
        /// Pods with a lower number than `partition` are left as they are.
        case rollingUpdate(partition: Int64)
        /// A pod is changed when somebody deletes it.
        case onDelete
    }

    public enum PodManagement: String, Sendable {
        case orderedReady = "OrderedReady"
        case parallel = "Parallel"
    }

    /// Counts that are absent in the API are zero.
    public struct Status: Sendable, Equatable {
        public var observedGeneration: Int64
        public var replicas: Int64
        public var ready: Int64
        public var updated: Int64
        public var available: Int64
        public var currentRevision: String
        public var updateRevision: String
    }

    public var namespace: String
    public var name: String
    public var uid: String
    public var resourceVersion: String
    /// Grows with each change of what it is to be.
    public var generation: Int64
    public var annotations: [String: String]
    public var isBeingDeleted: Bool
    public var replicas: Int64
    /// Of its pods, as a list takes it.
    public var podSelector: String
    public var containers: [Container]
    public var updateStrategy: UpdateStrategy
    public var podManagement: PodManagement
    public var minReadySeconds: Int64
    public var status: Status
    /// Who has set a container's image last, by the API server's records; a container without one is left out.
    public var imageManagers: [String: String]

    /// Nil for anything else than a StatefulSet.
    public init?(_ object: JSONValue) {
        guard let metadata = object["metadata"], let spec = object["spec"],
            let name = metadata["name"]?.string, let uid = metadata["uid"]?.string,
            let resourceVersion = metadata["resourceVersion"]?.string,
            let containers = spec["template"]?["spec"]?["containers"]?.array
        else { return nil }
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
        namespace = metadata["namespace"]?.string ?? "default"
        generation = metadata["generation"]?.integer ?? 0
        annotations = Dictionary(strings: metadata["annotations"])
        isBeingDeleted = metadata["deletionTimestamp"]?.string != nil
        replicas = spec["replicas"]?.integer ?? 1
        podSelector = Self.selector(spec["selector"])
        self.containers = containers.compactMap { container in
            container["name"]?.string.map { Container(name: $0, image: container["image"]?.string ?? "") }
        }
        let strategy = spec["updateStrategy"]
        updateStrategy =
            strategy?["type"]?.string == "OnDelete"
            ? .onDelete
            : .rollingUpdate(partition: strategy?["rollingUpdate"]?["partition"]?.integer ?? 0)
        podManagement = PodManagement(rawValue: spec["podManagementPolicy"]?.string ?? "") ?? .orderedReady
        minReadySeconds = spec["minReadySeconds"]?.integer ?? 0
        status = Status(object["status"])
        imageManagers = Self.imageManagers(metadata["managedFields"]?.array ?? [])
    }

    /// Labels that are equal, and the four expressions there are.
    private static func selector(_ selector: JSONValue?) -> String {
        var parts = Dictionary(strings: selector?["matchLabels"]).sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }
        for expression in selector?["matchExpressions"]?.array ?? [] {
            guard let key = expression["key"]?.string else { continue }
            let values = (expression["values"]?.array ?? []).compactMap(\.string).joined(separator: ",")
            switch expression["operator"]?.string {
            case "In": parts.append("\(key) in (\(values))")
            case "NotIn": parts.append("\(key) notin (\(values))")
            case "Exists": parts.append(key)
            case "DoesNotExist": parts.append("!\(key)")
            default: break
            }
        }
        return parts.joined(separator: ",")
    }

    /// Entries are in no order; the one with the latest time that owns the field has set it.
    private static func imageManagers(_ entries: [JSONValue]) -> [String: String] {
        var managers: [String: (name: String, time: String)] = [:]
        for entry in entries {
            guard let manager = entry["manager"]?.string,
                let owned = entry["fieldsV1"]?["f:spec"]?["f:template"]?["f:spec"]?["f:containers"]?.object
            else { continue }
            let time = entry["time"]?.string ?? ""
            for (key, fields) in owned where fields["f:image"] != nil {
                guard key.hasPrefix("k:"),
                    let container = (try? JSONValue(parsing: Array(key.utf8.dropFirst(2))))?["name"]?.string
                else { continue }
                if managers[container].map({ $0.time <= time }) ?? true {
                    managers[container] = (manager, time)
                }
            }
        }
        return managers.mapValues(\.name)
    }
}

extension StatefulSet.Status {
    init(_ status: JSONValue?) {
        func count(_ name: String) -> Int64 { status?[name]?.integer ?? 0 }
        observedGeneration = count("observedGeneration")
        replicas = count("replicas")
        ready = count("readyReplicas")
        updated = count("updatedReplicas")
        available = count("availableReplicas")
        currentRevision = status?["currentRevision"]?.string ?? ""
        updateRevision = status?["updateRevision"]?.string ?? ""
    }
}

extension Dictionary where Key == String, Value == String {
    /// The members that are strings.
    init(strings object: JSONValue?) {
        self.init()
        for (key, value) in object?.object ?? [:] { self[key] = value.string }
    }
}
