import JSON

/// What every Kubernetes object has, as far as it matters here.
public struct VeleroMetadata: Sendable, Equatable {
    public var name: String
    /// Where Velero runs: its objects are its alone, whatever they are about.
    public var namespace: String
    /// Tells an object from one of the same name that came after it. Empty in what is written: the server makes it.
    public var uid: String
    /// Only those that can be labels here too.
    public var labels: [String: String]
    public var createdAt: Timestamp

    /// By which of its schedules a backup was made: Velero's own label.
    static let scheduleLabel = "velero.io/schedule-name"

    /// Nil where something is missing or wrong, which the reader has reported.
    init?(from reader: DocumentReader) {
        let metadata = reader.required(
            "metadata",
            reader.nested("metadata") { reader -> VeleroMetadata? in
                let name = reader.required(
                    "name", reader.parsed("name", Self.nameRule) { Self.isName($0) ? $0 : nil })
                let uid = reader.required(
                    "uid",
                    reader.parsed("uid", "must be 1 to \(Limits.veleroUIDBytesMax) visible ASCII characters")
                    {
                        Self.isUID($0) ? $0 : nil
                    })
                let createdAt = reader.required("creationTimestamp", reader.timestamp("creationTimestamp"))
                let namespace = reader.string("namespace")
                let labels = reader.converted("labels", "must be an object", \.object) ?? [:]
                guard let name, let uid, let createdAt else { return nil }
                return VeleroMetadata(
                    name: name, namespace: namespace ?? "velero", uid: uid, labels: Self.taken(labels),
                    createdAt: createdAt)
            })
        guard let metadata = metadata ?? nil else { return nil }
        self = metadata
    }

    private init(
        name: String, namespace: String, uid: String, labels: [String: String], createdAt: Timestamp
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.labels = labels
        self.createdAt = createdAt
    }

    private static let nameRule =
        "must be a name as Kubernetes has them: DNS labels with dots between, 253 bytes at the most"

    private static func isName(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
                Names.isDNSLabel(String($0))
            }
    }

    private static func isUID(_ text: String) -> Bool {
        (1...Limits.veleroUIDBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func taken(_ labels: JSONObject) -> [String: String] {
        labels.reduce(into: [:]) { taken, label in
            guard let value = label.1.string, value.utf8.count <= Limits.labelValueBytesMax,
                Names.isPrintable(value), Names.isLabelKey(label.0), taken.count < Limits.labelsMax
            else { return }
            taken[label.0] = value
        }
    }
}
