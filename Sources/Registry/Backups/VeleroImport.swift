import JSON

/// What `velero backup|schedule|restore get -o json` shows, or `kubectl get -o json` of the same: a list, one object, or
/// several of either in an array. What is wrong with one item is its own error; the others are taken.
public struct VeleroImport: Sendable, Equatable {
    /// Why an item is not taken.
    public struct Failure: Sendable, Equatable {
        /// Counted from 0 over all that was sent.
        public var index: Int
        /// As far as they could be read.
        public var kind: String?
        public var name: String?
        public var errors: [FieldError]

        public var document: JSONValue {
            var object: JSONObject = ["index": .integer(Int64(index))]
            if let kind { object["kind"] = .string(kind) }
            if let name { object["name"] = .string(name) }
            object["errors"] = .array(
                errors.map { ["field": .string($0.field), "message": .string($0.message)] })
            return .object(object)
        }
    }

    public private(set) var backups: [VeleroBackup] = []
    public private(set) var schedules: [VeleroSchedule] = []
    public private(set) var restores: [VeleroRestore] = []
    public private(set) var failures: [Failure] = []
    /// How many items were sent.
    public private(set) var count = 0

    public static let kinds = ["Backup", "Schedule", "Restore"]

    /// - Throws: `invalidArgument` for what is no list and no object of Kubernetes at all.
    public init(_ document: JSONValue) throws(RegistryError) {
        try read(document)
    }

    private mutating func read(_ document: JSONValue) throws(RegistryError) {
        if let documents = document.array {
            for document in documents { try read(document) }
        } else if let object = document.object {
            let kind = object["kind"]?.string
            guard let items = object["items"]?.array else {
                guard let kind, !kind.hasSuffix("List") else { throw Self.refusal }
                take(document, kind: nil)
                return
            }
            // The items of a BackupList may leave their kind out.
            let common = kind.flatMap { $0.hasSuffix("List") && $0 != "List" ? String($0.dropLast(4)) : nil }
            for item in items { take(item, kind: common) }
        } else {
            throw Self.refusal
        }
    }

    private static let refusal = RegistryError(
        .invalidArgument,
        "The body must be what Velero shows: an object with a 'kind', or a list with 'items'.",
        nextSteps: ["send the output of 'velero backup get -o json', as it is"])

    private mutating func take(_ item: JSONValue, kind common: String?) {
        defer { count += 1 }
        let kind = item["kind"]?.string ?? common
        let name = item["metadata"]?["name"]?.string
        func failure(_ errors: [FieldError]) -> Failure {
            Failure(index: count, kind: kind, name: name, errors: errors)
        }
        guard let object = item.object else {
            failures.append(failure([FieldError("", "must be an object")]))
            return
        }
        if let version = object["apiVersion"]?.string, version != "velero.io/v1" {
            failures.append(failure([FieldError("apiVersion", "is '\(version)', and must be velero.io/v1")]))
            return
        }
        let reader = DocumentReader(foreign: object)
        do {
            switch kind {
            case "Backup": if let backup = try reader.whole(VeleroBackup.init) { backups.append(backup) }
            case "Schedule":
                if let schedule = try reader.whole(VeleroSchedule.init) { schedules.append(schedule) }
            case "Restore": if let restore = try reader.whole(VeleroRestore.init) { restores.append(restore) }
            default:
                let kinds = Self.kinds.joined(separator: ", ")
                failures.append(
                    failure([FieldError("kind", "is '\(kind ?? "")', and must be one of \(kinds)")]))
            }
        } catch {
            failures.append(failure(error.errors))
        }
    }
}

extension DocumentReader {
    /// What `read` makes of it, if nothing was wrong.
    fileprivate func whole<T>(_ read: (DocumentReader) -> T?) throws(RegistryError) -> T? {
        let value = read(self)
        try finish()
        return value
    }
}
