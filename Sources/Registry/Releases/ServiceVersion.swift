import JSON

/// What one service of a cell runs: an image, and the release that it came with.
public struct ServiceVersion: Sendable, Equatable {
    /// Nil where no rollout brought it.
    public var release: ReleaseName?
    /// Nil where nobody has said.
    public var image: String?

    public init(release: ReleaseName? = nil, image: String? = nil) {
        self.release = release
        self.image = image
    }

    public var document: JSONValue {
        [
            "release": release.map { .string($0.rawValue) } ?? .null,
            "image": image.map { .string($0) } ?? .null,
        ]
    }

    /// Nil unless it is what `document` writes.
    public init?(document: JSONValue) {
        guard case .object = document else { return nil }
        let release = document["release"]?.string
        let name = release.flatMap(ReleaseName.init)
        guard (release == nil) == (name == nil) else { return nil }
        self.init(release: name, image: document["image"]?.string)
    }
}

/// A service of a cell: what it is to run, and what it was observed to run.
public struct CellService: Sendable, Equatable {
    public var cell: CellID
    public var service: String
    /// Written when a rollout begins with the cell.
    public var desired: ServiceVersion
    /// Written when a report of it is accepted; nil before the first.
    public var observed: ServiceVersion?
    public var observedAt: Timestamp?
    /// The rollout that wrote `desired`.
    public var rollout: RolloutID

    public init(
        cell: CellID, service: String, desired: ServiceVersion, observed: ServiceVersion? = nil,
        observedAt: Timestamp? = nil, rollout: RolloutID
    ) {
        self.cell = cell
        self.service = service
        self.desired = desired
        self.observed = observed
        self.observedAt = observedAt
        self.rollout = rollout
    }

    public var document: JSONObject {
        var object: JSONObject = [
            "service": .string(service), "desired": desired.document,
            "observed": observed?.document ?? .null, "rollout": .string(rollout.rawValue),
        ]
        if let observedAt { object["observedAt"] = .string(observedAt.description) }
        return object
    }
}

/// What a cell runs, service by service.
public struct CellVersions: Sendable, Equatable {
    public var services: [String: ServiceVersion]

    public init(_ services: [String: ServiceVersion]) { self.services = services }

    /// What the cell ran before a rollout of these services: what it is to run by the last rollout, else what its own
    /// document says, else nothing that is known.
    public init(of services: [String], kept: [CellService], declared: [String: String]) {
        let kept = Dictionary(kept.map { ($0.service, $0.desired) }, uniquingKeysWith: { first, _ in first })
        self.services = Dictionary(
            uniqueKeysWithValues: services.map {
                ($0, kept[$0] ?? ServiceVersion(image: declared[$0]))
            })
    }

    /// The one release that all its services came with; nil where there is none.
    public var release: ReleaseName? {
        let releases = Set(services.values.map(\.release))
        return releases.count == 1 ? releases.first ?? nil : nil
    }

    /// Services of which nobody has said what they ran, in order.
    public var unknown: [String] { services.filter { $0.value.image == nil }.keys.sorted() }

    public var document: JSONValue { .object(JSONObject(sorted: services.mapValues(\.document))) }

    /// Service to image; null where only the executor can know.
    public var images: JSONValue {
        .object(JSONObject(sorted: services.mapValues { $0.image.map { .string($0) } ?? .null }))
    }

    /// Nil unless it is what `document` writes.
    public init?(document: JSONValue) {
        guard case .object(let members) = document else { return nil }
        var services: [String: ServiceVersion] = [:]
        for (name, value) in members {
            guard let version = ServiceVersion(document: value) else { return nil }
            services[name] = version
        }
        self.services = services
    }
}
