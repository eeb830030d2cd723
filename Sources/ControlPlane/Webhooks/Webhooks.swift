import HTTPClient
import Registry
import Synchronization

/// What brings events to webhooks, beside the store: made once, so that all calls share one limit.
final class Webhooks: Sendable {
    /// What there may be something to tell of.
    static let wokenBy = Set(ResourceKind.allCases.filter { WebhookEvent.tells(of: $0) || $0 == .webhook })

    let settings: WebhookSettings
    /// Wakes the reconciler that delivers.
    let deliver = WakeUp()
    private let client: HTTPClient
    private let threads = CallThreads(max: Limits.webhookCallsMax)
    private let underWay = Mutex<Set<String>>([])

    init(_ settings: WebhookSettings) {
        self.settings = settings
        client = settings.client
    }

    /// One reconciler at a time delivers to a webhook, so that what is due goes out in its order.
    ///
    /// - Returns: false where another one does already.
    func begin(_ webhook: String) -> Bool { underWay.withLock { $0.insert(webhook).inserted } }

    func end(_ webhook: String) { underWay.withLock { _ = $0.remove(webhook) } }

    /// Nil where the webhook's secret can't be opened: it was sealed under another secret of the server.
    func signed(_ webhook: WebhookRecord) -> SignedWebhook? {
        settings.secret?.opening(webhook.sealedSecret).map { secret in
            SignedWebhook(
                secret: secret, client: client,
                timeLimits: TimeLimits(
                    connectSeconds: 5, totalSeconds: Double(Limits.webhookEventTime.components.seconds),
                    idleSeconds: nil), threads: threads)
        }
    }
}
