import JSON

/// What an executor has said of a backup: how far it is while it runs, and what came of it.
public struct BackupResult: Sendable, Equatable {
    public var sizeBytes: Int64?
    public var itemsTotal: Int64?
    public var itemsBackedUp: Int64?
    public var warnings: Int64
    public var errors: Int64
    /// Where it lies: a path or URL that means something to its executor.
    public var location: String
    /// `sha256:` and 64 hexadecimal digits; empty where none was given.
    public var checksum: String
    public var message: String

    public init(
        sizeBytes: Int64? = nil, itemsTotal: Int64? = nil, itemsBackedUp: Int64? = nil, warnings: Int64 = 0,
        errors: Int64 = 0, location: String = "", checksum: String = "", message: String = ""
    ) {
        self.sizeBytes = sizeBytes
        self.itemsTotal = itemsTotal
        self.itemsBackedUp = itemsBackedUp
        self.warnings = warnings
        self.errors = errors
        self.location = location
        self.checksum = checksum
        self.message = message
    }

    /// What a later word leaves out stays as it was.
    mutating func take(_ later: Said) {
        if let sizeBytes = later.sizeBytes { self.sizeBytes = sizeBytes }
        if let items = later.itemsTotal { itemsTotal = items }
        if let items = later.itemsBackedUp { itemsBackedUp = items }
        if let warnings = later.warnings { self.warnings = warnings }
        if let errors = later.errors { self.errors = errors }
        if let location = later.location { self.location = location }
        if let checksum = later.checksum { self.checksum = checksum }
        if let message = later.message { self.message = message }
    }

    /// The same as far as one word goes: nil is not said.
    public struct Said: Sendable, Equatable {
        public var sizeBytes: Int64?
        public var itemsTotal: Int64?
        public var itemsBackedUp: Int64?
        public var warnings: Int64?
        public var errors: Int64?
        public var location: String?
        public var checksum: String?
        public var message: String?

        public init() {}

        init(from reader: DocumentReader) {
            let counts = 0...Limits.backupItemsMax
            sizeBytes = reader.integer("sizeBytes", in: counts)
            let items = reader.nested("items") { items in
                (items.integer("total", in: counts), items.integer("backedUp", in: counts))
            }
            (itemsTotal, itemsBackedUp) = items ?? (nil, nil)
            warnings = reader.integer("warnings", in: counts)
            errors = reader.integer("errors", in: counts)
            let rule = "must be at most \(Limits.backupLocationBytesMax) bytes without control characters"
            location = reader.parsed("location", rule) {
                $0.utf8.count <= Limits.backupLocationBytesMax && Names.isPrintable($0) ? $0 : nil
            }
            checksum = reader.parsed("checksum", "must be sha256: and 64 of 0-9 and a-f") {
                Self.isChecksum($0) ? $0 : nil
            }
            message = reader.string("message", bytesMax: Limits.reportMessageBytesMax)
        }

        private static func isChecksum(_ text: String) -> Bool {
            let prefix = "sha256:"
            return text.hasPrefix(prefix) && text.utf8.count == prefix.utf8.count + 64
                && text.utf8.dropFirst(prefix.utf8.count).allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
                }
        }
    }

    public var members: JSONObject {
        func count(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return [
            "sizeBytes": count(sizeBytes),
            "items": ["total": count(itemsTotal), "backedUp": count(itemsBackedUp)],
            "warnings": .integer(warnings), "errors": .integer(errors), "location": .string(location),
            "checksum": checksum.isEmpty ? .null : .string(checksum), "message": .string(message),
        ]
    }

    /// What is missing in a kept document was never said.
    public init(kept document: JSONValue) {
        self.init(
            sizeBytes: document["sizeBytes"]?.integer, itemsTotal: document["items"]?["total"]?.integer,
            itemsBackedUp: document["items"]?["backedUp"]?.integer,
            warnings: document["warnings"]?.integer ?? 0, errors: document["errors"]?.integer ?? 0,
            location: document["location"]?.string ?? "", checksum: document["checksum"]?.string ?? "",
            message: document["message"]?.string ?? "")
    }
}
