import Registry

/// The movers of this server: made once, so that their calls share one limit.
public struct Movers: Sendable {
    public let settings: WebhookSettings
    /// Nil without a secret.
    public let webhook: SignedWebhook?
    private let clock: Clock

    public init(_ settings: WebhookSettings, clock: Clock) {
        self.settings = settings
        self.clock = clock
        webhook = settings.secret.map { SignedWebhook(secret: $0, client: settings.client) }
    }

    /// The spec was checked by the settings when its migration was made; they may have changed since.
    public func mover(for spec: MoverSpec) -> any Mover {
        switch spec {
        case .none: NoMover()
        case .webhook(let url):
            if let webhook {
                WebhookMover(url: url, webhook: webhook, clock: clock)
            } else {
                MissingMover()
            }
        }
    }
}

/// In place of a webhook, on a server that was started without the secret that its migrations need.
private struct MissingMover: Mover {
    func call(_ call: MoverCall) async -> MoverOutcome {
        .unreachable(
            message:
                "This server has no secret to sign calls with: start it with --webhook-secret-file FILE, or cancel.",
            retryAfter: Limits.webhookBackOffMax)
    }
}
