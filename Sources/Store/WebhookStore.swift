import JSON
import Registry
import SQLite

private enum WebhookStore {
    static let columns = """
        w.name, w.document, w.secret, w.revision, w.created_at_ms, w.updated_at_ms,
        (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.name AND d.state = 'pending'),
        (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook = w.name AND d.state = 'dead')
        """

    static func webhook(_ name: String, _ text: String) throws -> Webhook {
        let document = try JSONValue(parsing: Array(text.utf8))
        guard let url = document["url"]?.string, let paused = document["paused"]?.bool,
            let version = document["secretVersion"]?.integer, let events = document["events"]?.array
        else { throw RegistryError(.internalError, "A kept webhook can't be read.") }
        // A pattern of a type that there is no more matches nothing.
        return Webhook(
            name: name, url: url, events: events.compactMap { $0.string.flatMap(WebhookPattern.init) },
            isPaused: paused, secretVersion: version)
    }

    static func record(_ row: borrowing Row) throws -> WebhookRecord {
        WebhookRecord(
            webhook: try webhook(row.text(0), row.text(1)), sealedSecret: row.bytes(2), pending: row.int64(6),
            dead: row.int64(7), revision: Revision(rawValue: row.int64(3)),
            createdAt: Timestamp(rawValue: row.int64(4)), updatedAt: Timestamp(rawValue: row.int64(5)))
    }
}

extension ReadTransaction {
    /// By name, at most `limit` of those behind `name`.
    public func webhooks(after name: String = "", limit: Int = Limits.webhooksMax) throws -> [WebhookRecord] {
        try connection.query(Self.webhooksSQL, name, limit, row: WebhookStore.record)
    }

    private static let webhooksSQL =
        "SELECT \(WebhookStore.columns) FROM webhooks w WHERE w.name > $1 ORDER BY w.name LIMIT $2"

    /// Those with something to be tried now, that are not paused: whose it has been due the longest first.
    public func webhooksWithWork(at now: Timestamp) throws -> [String] {
        try connection.query(Self.withWorkSQL, now.rawValue) { $0.text(0) }
    }

    private static let withWorkSQL = """
        SELECT w.name FROM webhooks w JOIN webhook_deliveries d ON d.webhook = w.name AND d.state = 'pending'
        WHERE w.document ->> 'paused' = 0 AND (d.next_at_ms <= $1 OR coalesce(d.attempted_at_ms, d.created_at_ms) > $1)
        GROUP BY w.name ORDER BY min(d.next_at_ms), w.name
        """

    /// All of them, without what is counted.
    func webhooksToTell() throws -> [Webhook] {
        try connection.query("SELECT name, document FROM webhooks ORDER BY name") {
            try WebhookStore.webhook($0.text(0), $0.text(1))
        }
    }

    public func webhook(_ name: String) throws -> WebhookRecord? {
        try connection.first(Self.webhookSQL, name, row: WebhookStore.record)
    }

    private static let webhookSQL = "SELECT \(WebhookStore.columns) FROM webhooks w WHERE w.name = $1"
}

extension WriteTransaction {
    /// Writes a webhook as an event of its own; its secret is no part of that.
    public func save(_ webhook: Webhook, secret: [UInt8], replacing old: WebhookRecord?) throws
        -> WebhookRecord
    {
        let previous = try old?.revision ?? lastRevision(of: .webhook, webhook.name)
        let revision = try record(
            .webhook, webhook.name, document: webhook.document, previous: previous, routing: false)
        let createdAt = old?.createdAt ?? now
        try connection.run(
            Self.saveWebhookSQL, webhook.name, webhook.document.encodedString(.canonical), secret,
            revision.rawValue, createdAt.rawValue, now.rawValue)
        return WebhookRecord(
            webhook: webhook, sealedSecret: secret, pending: old?.pending ?? 0, dead: old?.dead ?? 0,
            revision: revision, createdAt: createdAt, updatedAt: now)
    }

    private static let saveWebhookSQL = """
        INSERT INTO webhooks (name, document, secret, revision, created_at_ms, updated_at_ms)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (name) DO UPDATE SET
            document = excluded.document, secret = excluded.secret, revision = excluded.revision,
            updated_at_ms = excluded.updated_at_ms
        """

    /// Takes it out, with all that is on its way to it.
    public func delete(_ webhook: WebhookRecord) throws {
        _ = try record(
            .webhook, webhook.webhook.name, document: nil, previous: webhook.revision, routing: false)
        try connection.run("DELETE FROM webhooks WHERE name = $1", webhook.webhook.name)
    }
}
