import JSON

/// Whom the control plane tells of events, by signed POSTs.
public struct Webhook: Sendable, Equatable {
    public var name: String
    public var url: String
    public var events: [WebhookPattern]
    /// Nothing is sent, and what happens meanwhile is kept for later.
    public var isPaused: Bool
    /// Grows with each new secret, so that a change of it is seen in the audit and the secret is not.
    public var secretVersion: Int64

    public init(
        name: String, url: String, events: [WebhookPattern] = [.all], isPaused: Bool = false,
        secretVersion: Int64 = 1
    ) {
        self.name = name
        self.url = url
        self.events = events
        self.isPaused = isPaused
        self.secretVersion = secretVersion
    }

    public func wants(_ type: String) -> Bool { events.contains { $0.matches(type) } }

    /// What the audit keeps of it.
    public var document: JSONValue {
        [
            "name": .string(name), "url": .string(url), "events": .array(events.map { .string($0.rawValue) }),
            "paused": .bool(isPaused), "secretVersion": .integer(secretVersion),
        ]
    }
}

/// A webhook as a request asks for it.
public struct WebhookRequest: Sendable, Equatable {
    public var name: String
    public var url: String
    public var events: [WebhookPattern]
    public var isPaused: Bool
    /// Nil: one is made for a new webhook, and an old one keeps its own.
    public var secret: String?
    /// One is made anew.
    public var rotatesSecret: Bool

    /// - Throws: `invalidArgument` with every field that is wrong, and never with the secret.
    public init(document: JSONValue, name: String) throws(RegistryError) {
        let reader = try DocumentReader(document)
        // What an answer shows can be sent back.
        reader.ignore(
            "name", "secretVersion", "pending", "dead", "createdAt", "updatedAt", "revision",
            "previousRevision")
        let url = reader.required("url", reader.string("url", bytesMax: Limits.webhookURLBytesMax))
        if let url, let flaw = WebhookURL.flaw(in: url) { reader.report("url", flaw) }
        let events = reader.list(
            "events", countMin: 1, countMax: Limits.webhookEventsMax, WebhookPattern.rule, WebhookPattern.init
        )
        let isPaused = reader.bool("paused")
        let secret = reader.parsed("secret", Self.secretRule) { Self.isSecret($0) ? $0 : nil }
        let rotates = reader.bool("rotateSecret")
        if reader.has("secret"), rotates == true {
            reader.report("rotateSecret", "makes a secret; leave it out, or 'secret'")
        }
        try reader.finish()
        guard let url else { preconditionFailure("finish() throws where a required field is missing") }
        self.name = name
        self.url = url
        self.events = events ?? [.all]
        self.isPaused = isPaused ?? false
        self.secret = secret
        rotatesSecret = rotates ?? false
    }

    private static let secretRule =
        "must be \(Limits.webhookSecretBytesMin) to \(Limits.webhookSecretBytesMax) visible ASCII characters"

    private static func isSecret(_ text: String) -> Bool {
        (Limits.webhookSecretBytesMin...Limits.webhookSecretBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// What a path may name. `.` and `..` would be lost on the way.
    public static func isName(_ text: String) -> Bool { Names.isWord(text) && text != "." && text != ".." }
}

/// A webhook as the store has it.
public struct WebhookRecord: Sendable, Equatable {
    public var webhook: Webhook
    /// Sealed: the database alone is no use to whoever has it.
    public var sealedSecret: [UInt8]
    /// Deliveries that are still to be made, and those that were given up.
    public var pending: Int64
    public var dead: Int64
    public var revision: Revision
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(
        webhook: Webhook, sealedSecret: [UInt8], pending: Int64 = 0, dead: Int64 = 0, revision: Revision,
        createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.webhook = webhook
        self.sealedSecret = sealedSecret
        self.pending = pending
        self.dead = dead
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
