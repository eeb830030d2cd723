import HTTPClient
import Registry
import Store

/// Tells one webhook what it is to be told: several of these run beside each other, so that a receiver that is slow to
/// answer holds up nobody else's.
///
/// A delivery is a row before it is sent, and what became of it is written after: a crash in between sends it again,
/// under the same id.
struct DeliverWebhooks: Reconciler {
    static let count = 4
    /// In one step, so that no webhook has a reconciler for itself.
    static let deliveriesMax = 16

    let number: Int
    let controlPlane: ControlPlane
    var random: @Sendable () -> Double = { .random(in: 0...1) }
    var name: String { "deliverWebhooks\(number)" }
    let period = Duration.seconds(1)
    var wakeUp: WakeUp? { number == 1 ? controlPlane.webhooks.deliver : nil }

    private var webhooks: Webhooks { controlPlane.webhooks }

    func step() async throws -> String {
        let now = controlPlane.clock.now()
        for name in try controlPlane.store.read({ try $0.webhooksWithWork(at: now) })
        where webhooks.begin(name) {
            defer { webhooks.end(name) }
            // Read only now that nobody else sends any of these.
            let (webhook, due) = try controlPlane.store.read { transaction in
                (
                    try transaction.webhook(name),
                    try transaction.dueDeliveries(to: name, at: now, limit: Self.deliveriesMax)
                )
            }
            guard let webhook, !due.isEmpty else { continue }
            return "'\(name)' has taken \(try await deliver(due, to: webhook)) of \(due.count) events"
        }
        return "nothing is to be delivered"
    }

    /// In their order; the first that is not taken ends it, since the next would hardly be.
    private func deliver(_ due: [WebhookDelivery], to webhook: WebhookRecord) async throws -> Int {
        for (index, delivery) in due.enumerated() {
            guard let tried = await attempt(delivery, to: webhook) else { return index }
            let context = ChangeContext(principal: .system, operation: "deliverWebhook")
            try await controlPlane.store.write(as: context) { try $0.save(tried, replacing: delivery) }
            if tried.state != .delivered { return index }
        }
        return due.count
    }

    /// - Returns: what has become of it; nil where the server stops, and the try says nothing.
    private func attempt(
        _ delivery: WebhookDelivery, to webhook: WebhookRecord
    ) async -> WebhookDelivery? {
        var tried = delivery
        func take(_ status: Int?, _ message: String, pause: Duration? = nil) -> WebhookDelivery {
            tried.tried(
                status, message, pause: pause, at: controlPlane.clock.now(), random: random())
            return tried
        }
        guard let signed = webhooks.signed(webhook) else {
            return take(
                nil,
                webhooks.settings.secret == nil
                    ? "This server has no secret to sign calls with: start it with --webhook-secret-file FILE."
                    : "The webhook's secret was kept under another secret of the server: give it a new one, with rotateSecret."
            )
        }
        let answer = await signed.deliver(
            SignedWebhook.Delivery(
                url: webhook.webhook.url, id: delivery.key, body: Array(delivery.body.utf8),
                sentAt: controlPlane.clock.now()))
        guard !Task.isCancelled else { return nil }
        switch answer {
        case .unanswered(let reason): return take(nil, reason)
        case .answered(let response) where response.isSuccess: return take(response.status, "")
        case .answered(let response):
            let message =
                (300...399).contains(response.status)
                ? "The receiver answered \(response.status), which sends the call elsewhere; redirects are not followed: name the final URL."
                : "The receiver answered \(response.status).\(CopierAnswer.reason(response.body))"
            return take(
                response.status, signed.shown(message),
                pause: CopierAnswer.seconds(response[field: "Retry-After"]))
        }
    }
}

/// Takes out deliveries that ended long ago, and the oldest of a webhook that has too many.
struct DeleteExpiredDeliveries: Reconciler {
    let controlPlane: ControlPlane
    var deliveriesMax = Limits.webhookDeliveriesMax
    let name = "deleteExpiredDeliveries"
    let period = Duration.seconds(60)

    func step() async throws -> String {
        let deleted = try await controlPlane.store.write(
            as: ChangeContext(principal: .system, operation: name)
        ) { [deliveriesMax] transaction in
            var deleted = try transaction.deleteDeliveries(
                endedBefore: transaction.now.advanced(
                    byMilliseconds: -Limits.webhookDeliveryLifetime.milliseconds), limit: 1000)
            for webhook in try transaction.webhooks() {
                deleted += try transaction.deleteDeliveries(
                    to: webhook.webhook.name, beyond: deliveriesMax, limit: 1000)
            }
            return deleted
        }
        return "deleted \(deleted) deliveries"
    }
}
