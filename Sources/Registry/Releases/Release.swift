import JSON

/// A set of images by service, under a name. Once a rollout used it, it never changes.
public struct Release: Sendable, Equatable {
    public var name: ReleaseName
    /// Service name to container image; at least one.
    public var images: [String: String]
    public var notes: String
    public var labels: [String: String]

    public init(
        name: ReleaseName, images: [String: String], notes: String = "", labels: [String: String] = [:]
    ) {
        self.name = name
        self.images = images
        self.notes = notes
        self.labels = labels
    }

    public var services: [String] { images.keys.sorted() }

    /// What a cell has of it when it runs it.
    public var versions: [String: ServiceVersion] {
        images.mapValues { ServiceVersion(release: name, image: $0) }
    }
}

extension Release {
    /// - Parameter name: the release that the path names.
    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue, name: ReleaseName) throws(RegistryError) {
        let reader = try DocumentReader(document)
        reader.ignore("revision", "previousRevision", "createdAt", "updatedAt", "used", "usedBy")
        let named = reader.parsed("name", Names.wordRule, ReleaseName.init)
        if let named, named != name {
            reader.report("name", "must be '\(name)', as in the path, or be left out")
        }
        let images = reader.required("images", reader.images("images"))
        if document["images"]?.object?.isEmpty == true {
            reader.report("images", "must name at least one service")
        }
        let notes = reader.string("notes", bytesMax: Limits.releaseNotesBytesMax)
        let labels = reader.labels("labels")
        try reader.finish()
        self.init(name: name, images: images ?? [:], notes: notes ?? "", labels: labels ?? [:])
    }

    /// What is kept and shown of it.
    public var document: JSONValue {
        var object: JSONObject = [
            "name": .string(name.rawValue), "images": .object(JSONObject(strings: images)),
        ]
        if !notes.isEmpty { object["notes"] = .string(notes) }
        if !labels.isEmpty { object["labels"] = .object(JSONObject(strings: labels)) }
        return .object(object)
    }
}

/// A release as the store has it.
public struct ReleaseRecord: Sendable, Equatable {
    public var release: Release
    /// A rollout has been made of it: its images are what some cells run, or ran.
    public var isUsed: Bool
    public var revision: Revision
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        release: Release, isUsed: Bool, revision: Revision, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.release = release
        self.isUsed = isUsed
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }

    public var shown: JSONObject {
        guard case .object(var object) = release.document else {
            preconditionFailure("a document is an object")
        }
        object["used"] = .bool(isUsed)
        object["revision"] = .integer(revision.rawValue)
        object["createdAt"] = .string(createdAt.description)
        object["updatedAt"] = .string(updatedAt.description)
        return object
    }
}

/// What may be done to a release.
public enum ReleaseRules {
    /// Notes may always be mended; what a rollout has brought to cells may not be said to be something else.
    ///
    /// - Throws: `inUse`.
    public static func check(replacing old: ReleaseRecord, with new: Release) throws(RegistryError) {
        guard old.isUsed, old.release.images != new.images else { return }
        let changed = Set(old.release.images.keys).union(new.images.keys).sorted()
            .filter { old.release.images[$0] != new.images[$0] }
        throw RegistryError(
            .inUse, "The release '\(new.name)' was rolled out: its images can't change any more.",
            errors: changed.map {
                FieldError("images.\($0)", "must be as it was, \(old.release.images[$0] ?? "absent")")
            },
            nextSteps: ["PUT the new images under another name", "GET /v1/rollouts?release=\(new.name)"])
    }

    /// - Throws: `inUse`.
    public static func check(deleting old: ReleaseRecord) throws(RegistryError) {
        guard old.isUsed else { return }
        throw RegistryError(
            .inUse, "The release '\(old.release.name)' was rolled out: its rollouts and cells refer to it.",
            nextSteps: ["GET /v1/rollouts?release=\(old.release.name)"])
    }
}
