import JSON
import Registry
import Store

extension Change {
    /// Makes a webhook, or replaces it; a secret that was made for it is in the outcome and nowhere else.
    ///
    /// - Throws: `inUse` where there are as many as there may be.
    public func putWebhook(_ prepared: PreparedWebhook) throws -> Outcome {
        let request = prepared.request
        let old = try transaction.webhook(request.name)
        try check("webhook", request.name, at: old?.revision)
        if old == nil, try transaction.webhooks().count >= Limits.webhooksMax {
            throw RegistryError(
                .inUse, "There are \(Limits.webhooksMax) webhooks, and no more are possible.",
                nextSteps: ["delete one that is not needed: GET /v1/webhooks lists them"])
        }
        let isNewSecret = old == nil || request.secret != nil || request.rotatesSecret
        let webhook = Webhook(
            name: request.name, url: request.url, events: request.events, isPaused: request.isPaused,
            secretVersion: (old?.webhook.secretVersion ?? 0) + (isNewSecret ? 1 : 0))
        if let old, old.webhook == webhook {
            return Outcome(created: false, shown: old.shown, revision: old.revision, previous: old.revision)
        }
        let secret = isNewSecret ? prepared.sealedSecret : old?.sealedSecret
        let saved = try transaction.save(
            webhook, secret: secret ?? prepared.sealedSecret, replacing: old)
        var shown = saved.shown
        if isNewSecret, let made = prepared.madeSecret { shown["secret"] = .string(made) }
        return Outcome(
            created: old == nil, shown: shown, revision: saved.revision, previous: old?.revision ?? .zero)
    }

    public func deleteWebhook(_ name: String) throws -> Outcome {
        let old = try existing(webhook: name)
        try transaction.delete(old)
        return .deleted(name, at: transaction.revision(), previous: old.revision)
    }

    /// Sends the webhook an event of its own, whatever it asks for.
    public func pingWebhook(_ name: String) throws -> Outcome {
        let old = try existing(webhook: name)
        let saved = try transaction.save(old.webhook, secret: old.sealedSecret, replacing: old)
        guard let event = transaction.events.last else { preconditionFailure("a save makes an event") }
        let delivery = try transaction.queue(.ping(of: old.webhook, event), to: old.webhook)
        return Outcome(
            created: false, shown: delivery.shown, revision: saved.revision, previous: old.revision)
    }

    /// Has a delivery tried anew, whatever became of it.
    public func redeliver(_ id: RevisionTag, to name: String) throws -> Outcome {
        let old = try existing(webhook: name)
        guard let delivery = try transaction.delivery(id, to: name) else {
            throw RegistryError(
                .notFound, "There is no delivery '\(id)' to the webhook '\(name)'.",
                nextSteps: ["GET /v1/webhooks/\(name)/deliveries lists those that are kept"])
        }
        let saved = try transaction.save(old.webhook, secret: old.sealedSecret, replacing: old)
        var again = delivery
        again.redeliver(at: transaction.now)
        try transaction.save(again, replacing: delivery)
        return Outcome(created: false, shown: again.shown, revision: saved.revision, previous: old.revision)
    }

    private func existing(webhook name: String) throws -> WebhookRecord {
        guard let webhook = try transaction.webhook(name) else { throw notFound("webhook", name) }
        try check("webhook", name, at: webhook.revision)
        return webhook
    }
}

extension WebhookRecord {
    /// What the API shows: never the secret.
    public var shown: JSONObject {
        guard case .object(var object) = webhook.document else {
            preconditionFailure("a document is an object")
        }
        object["pending"] = .integer(pending)
        object["dead"] = .integer(dead)
        object["createdAt"] = .string(createdAt.description)
        object["updatedAt"] = .string(updatedAt.description)
        object["revision"] = .integer(revision.rawValue)
        return object
    }
}
