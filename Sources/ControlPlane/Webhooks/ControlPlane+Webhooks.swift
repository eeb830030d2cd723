import JSON
import Registry
import Store

/// A webhook that is asked for, with what is kept and what is shown of its secret.
public struct PreparedWebhook: Sendable {
    let request: WebhookRequest
    let sealedSecret: [UInt8]
    /// The secret that was made, where none was given: shown once, if it comes to be used.
    let madeSecret: String?
}

extension ControlPlane {
    /// Reads a webhook that is asked for, and sees whether this server can call it.
    ///
    /// - Throws: `invalidArgument`; `stateConflict` with the setting that is missing.
    public func prepare(webhook name: String, _ document: JSONValue) throws -> PreparedWebhook {
        let request = try WebhookRequest(document: document, name: name)
        let signing = try webhooks.settings.signing(for: "url", "can't be called")
        try webhooks.settings.check(request.url, field: "url")
        let made = request.secret == nil ? Self.randomSecret() : nil
        let secret = try WebhookSecret(Array((request.secret ?? made ?? "").utf8))
        return PreparedWebhook(
            request: request, sealedSecret: try signing.sealing(secret), madeSecret: made)
    }

    /// 256 bits, in hex.
    private static func randomSecret() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    public func webhooks(after name: String, limit: Int) throws(RegistryError) -> [WebhookRecord] {
        try store.read { try $0.webhooks(after: name, limit: limit) }
    }

    public func webhook(_ name: String) throws(RegistryError) -> WebhookRecord? {
        try store.read { try $0.webhook(name) }
    }

    /// Newest first, those before `number`; nil where there is no such webhook.
    public func deliveries(
        to webhook: String, state: WebhookDelivery.State?, before number: Int64, limit: Int
    ) throws(RegistryError) -> [WebhookDelivery]? {
        try store.read { transaction in
            guard try transaction.webhook(webhook) != nil else { return nil }
            return try transaction.deliveries(to: webhook, state: state, before: number, limit: limit)
        }
    }
}
