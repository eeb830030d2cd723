import HTTPClient
import Registry

/// Delivers signed POSTs to whoever an operator has named, one try a call.
///
/// Where it may go is up to the client's `DestinationPolicy`; redirects are answers, and bodies are limited there too.
public struct SignedWebhook: Sendable {
    public struct Delivery: Sendable {
        public var url: String
        /// The idempotency key: the same for each try of the same thing.
        public var id: String
        /// JSON.
        public var body: [UInt8]
        public var sentAt: Timestamp
        /// When an answer stops to be of use.
        public var deadline: Timestamp?
        public var traceparent: String?

        public init(
            url: String, id: String, body: [UInt8], sentAt: Timestamp, deadline: Timestamp? = nil,
            traceparent: String? = nil
        ) {
            self.url = url
            self.id = id
            self.body = body
            self.sentAt = sentAt
            self.deadline = deadline
            self.traceparent = traceparent
        }
    }

    public enum Answer: Sendable {
        case answered(ClientResponse)
        /// Whether the receiver has acted is not known. The reason is safe to show.
        case unanswered(String)
    }

    private let secret: WebhookSecret
    private let client: HTTPClient
    private let timeLimits: TimeLimits
    private let threads: CallThreads

    public init(
        secret: WebhookSecret, client: HTTPClient,
        timeLimits: TimeLimits = TimeLimits(
            connectSeconds: 5, totalSeconds: Double(Limits.webhookTime.components.seconds), idleSeconds: nil)
    ) {
        self.init(
            secret: secret, client: client, timeLimits: timeLimits,
            threads: CallThreads(max: Limits.webhookCallsMax))
    }

    /// One of several whose calls share a limit.
    init(secret: WebhookSecret, client: HTTPClient, timeLimits: TimeLimits, threads: CallThreads) {
        self.secret = secret
        self.client = client
        self.timeLimits = timeLimits
        self.threads = threads
    }

    /// Sends it once. A task that is cancelled gets its answer at once: the call ends unseen, and was made perhaps.
    public func deliver(_ delivery: Delivery) async -> Answer {
        await threads.run { send(delivery) }
            ?? .unanswered("The call was not waited for: this server is stopping, or has no thread for it.")
    }

    /// What a receiver said, fit for people: in one line, of limited length, without this secret.
    public func shown(_ text: String) -> String {
        secret.removed(from: text).onOneLine.cut(toBytes: Limits.webhookMessageBytesMax)
    }

    private func send(_ delivery: Delivery) -> Answer {
        let timestamp = String(delivery.sentAt.rawValue / 1000)
        var fields = [
            (name: "Content-Type", value: "application/json"),
            (name: "Titan-Delivery", value: delivery.id),
            (name: "Titan-Timestamp", value: timestamp),
            (name: "Titan-Signature", value: secret.signature(timestamp: timestamp, body: delivery.body)),
        ]
        if let traceparent = delivery.traceparent { fields.append(("traceparent", traceparent)) }
        let request = ClientRequest(
            "POST", delivery.url, fields: fields, body: .bytes(delivery.body),
            timeLimits: limits(of: delivery))
        do throws(ClientError) {
            return .answered(try client.send(request))
        } catch {
            return .unanswered(shown(error.advice))
        }
    }

    /// A deadline that is near shortens the call, but leaves it a second; one that is over says nothing.
    private func limits(of delivery: Delivery) -> TimeLimits {
        var limits = timeLimits
        guard let deadline = delivery.deadline, deadline > delivery.sentAt else { return limits }
        let left = Double(deadline.rawValue - delivery.sentAt.rawValue) / 1000
        limits.totalSeconds = min(limits.totalSeconds ?? left, max(left, 1))
        return limits
    }
}

extension ClientError {
    /// The message, and for a destination that is not allowed the setting that would allow it.
    fileprivate var advice: String {
        guard case .refusedDestination(let message) = self else { return message }
        return "\(message) (\(WebhookSettings.allowOption))"
    }
}
