import JSON
import Registry
import SQLite

private enum WebhookDeliveryStore {
    static let columns = """
        webhook, number, incarnation, type, body, state, attempts, status, message, created_at_ms, attempted_at_ms,
        next_at_ms, ended_at_ms
        """

    static func delivery(_ row: borrowing Row) throws -> WebhookDelivery {
        guard let incarnation = Incarnation(row.text(2)),
            let state = WebhookDelivery.State(rawValue: row.text(5))
        else { throw RegistryError(.internalError, "A kept delivery can't be read.") }
        return WebhookDelivery(
            webhook: row.text(0), id: RevisionTag(incarnation, Revision(rawValue: row.int64(1))),
            type: row.text(3), body: row.text(4), state: state, attempts: row.int64(6),
            status: row.optionalInt64(7), message: row.text(8), createdAt: Timestamp(rawValue: row.int64(9)),
            attemptedAt: row.optionalInt64(10).map(Timestamp.init(rawValue:)),
            nextAt: row.optionalInt64(11).map(Timestamp.init(rawValue:)),
            endedAt: row.optionalInt64(12).map(Timestamp.init(rawValue:)))
    }
}

extension ReadTransaction {
    /// Newest first, at most `limit` of those before `number`.
    public func deliveries(
        to webhook: String, state: WebhookDelivery.State? = nil, before number: Int64 = .max, limit: Int
    ) throws -> [WebhookDelivery] {
        try connection.query(
            Self.deliveriesSQL, webhook, number, state?.rawValue, limit, row: WebhookDeliveryStore.delivery)
    }

    private static let deliveriesSQL = """
        SELECT \(WebhookDeliveryStore.columns) FROM webhook_deliveries
        WHERE webhook = $1 AND number < $2 AND ($3 IS NULL OR state = $3) ORDER BY number DESC LIMIT $4
        """

    public func delivery(_ id: RevisionTag, to webhook: String) throws -> WebhookDelivery? {
        try connection.first(
            Self.deliverySQL, webhook, id.revision.rawValue, id.incarnation.rawValue,
            row: WebhookDeliveryStore.delivery)
    }

    private static let deliverySQL = """
        SELECT \(WebhookDeliveryStore.columns) FROM webhook_deliveries
        WHERE webhook = $1 AND number = $2 AND incarnation = $3
        """

    /// What is to be tried now, oldest first. Where the clock was put back behind the last try, that is now too.
    public func dueDeliveries(to webhook: String, at now: Timestamp, limit: Int) throws -> [WebhookDelivery] {
        try connection.query(
            Self.dueDeliveriesSQL, webhook, now.rawValue, limit, row: WebhookDeliveryStore.delivery)
    }

    private static let dueDeliveriesSQL = """
        SELECT \(WebhookDeliveryStore.columns) FROM webhook_deliveries
        WHERE webhook = $1 AND state = 'pending'
          AND (next_at_ms <= $2 OR coalesce(attempted_at_ms, created_at_ms) > $2)
        ORDER BY number LIMIT $3
        """
}

extension WriteTransaction {
    /// Puts what this transaction has done so far on its way to whoever wants to be told. `Store` calls it at the end.
    func queueDeliveries() throws {
        let told = events.filter { WebhookEvent.tells(of: $0.kind) }
        guard !told.isEmpty else { return }
        let webhooks = try webhooksToTell()
        guard !webhooks.isEmpty else { return }
        for change in told {
            let before = try change.previous == .zero ? nil : event(at: change.previous)?.event.document
            let was = try before.map { try JSONValue(parsing: Array($0.utf8)) }
            guard let event = try WebhookEvent(change, before: was) else { continue }
            for webhook in webhooks where webhook.wants(event.type) { try queue(event, to: webhook) }
        }
    }

    /// - Returns: the event on its way to one webhook, whether that asked for it or not.
    @discardableResult
    public func queue(_ event: WebhookEvent, to webhook: Webhook) throws -> WebhookDelivery {
        let id = RevisionTag(try incarnation(), event.revision)
        let delivery = WebhookDelivery(
            webhook: webhook.name, id: id, type: event.type,
            body: event.document(id).encodedString(.canonical), createdAt: now)
        try connection.run(
            Self.insertDeliverySQL, delivery.webhook, id.revision.rawValue, id.incarnation.rawValue,
            delivery.type, delivery.body, now.rawValue)
        return delivery
    }

    private static let insertDeliverySQL = """
        INSERT INTO webhook_deliveries (webhook, number, incarnation, type, body, state, attempts, message,
                                        created_at_ms, next_at_ms)
        VALUES ($1, $2, $3, $4, $5, 'pending', 0, '', $6, $6)
        """

    /// Writes what has become of a delivery: an observation, which makes no event.
    ///
    /// - Parameter old: as it was read; where it is another by now, somebody else has decided, and nothing is written.
    public func save(_ delivery: WebhookDelivery, replacing old: WebhookDelivery) throws {
        try connection.run(
            Self.saveDeliverySQL, delivery.webhook, delivery.id.revision.rawValue, old.state.rawValue,
            old.attempts, delivery.state.rawValue, delivery.attempts, delivery.status, delivery.message,
            delivery.attemptedAt?.rawValue, delivery.nextAt?.rawValue, delivery.endedAt?.rawValue)
    }

    private static let saveDeliverySQL = """
        UPDATE webhook_deliveries
        SET state = $5, attempts = $6, status = $7, message = $8, attempted_at_ms = $9, next_at_ms = $10,
            ended_at_ms = $11
        WHERE webhook = $1 AND number = $2 AND state = $3 AND attempts = $4
        """

    /// Takes out at most `limit` deliveries that ended before `time`.
    public func deleteDeliveries(endedBefore time: Timestamp, limit: Int) throws -> Int {
        try connection.query(Self.deleteEndedSQL, time.rawValue, limit) { $0.int64(0) }.count
    }

    private static let deleteEndedSQL = """
        DELETE FROM webhook_deliveries WHERE (webhook, number) IN (
            SELECT webhook, number FROM webhook_deliveries WHERE ended_at_ms < $1 ORDER BY ended_at_ms LIMIT $2)
        RETURNING number
        """

    /// Takes out at most `limit` deliveries of a webhook that has more than `max`: what has ended first, then the oldest.
    public func deleteDeliveries(to webhook: String, beyond max: Int, limit: Int) throws -> Int {
        try connection.query(Self.deleteBeyondSQL, webhook, max, limit) { $0.int64(0) }.count
    }

    private static let deleteBeyondSQL = """
        DELETE FROM webhook_deliveries WHERE webhook = $1 AND number IN (
            SELECT number FROM webhook_deliveries WHERE webhook = $1
            ORDER BY state = 'pending', number
            LIMIT min($3, max(0, (SELECT count(*) FROM webhook_deliveries WHERE webhook = $1) - $2)))
        RETURNING number
        """
}
