import JSON
import Registry

/// Asks the operator's copier, as docs/movers.md has it: one signed POST a call.
public struct WebhookMover: Mover {
    private let url: String
    private let webhook: SignedWebhook
    private let clock: Clock
    private let random: @Sendable () -> Double
    private let backOff = BackOff()

    /// - Parameter random: 0 to 1, drawn anew for each pause.
    public init(
        url: String, webhook: SignedWebhook, clock: Clock,
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.url = url
        self.webhook = webhook
        self.clock = clock
        self.random = random
    }

    public func call(_ call: MoverCall) async -> MoverOutcome {
        let sentAt = clock.now()
        let body = Self.body(of: call, sentAt: sentAt).encoded()
        guard body.count <= Limits.webhookBodyBytesMax else {
            return .failed(
                message: "The batch does not fit into one call: \(body.count) bytes; make batches smaller.")
        }
        let delivery = SignedWebhook.Delivery(
            url: url, id: call.id, body: body, sentAt: sentAt, deadline: call.deadline,
            traceparent: call.traceparent)
        let answer =
            switch await webhook.deliver(delivery) {
            case .answered(let response): CopierAnswer(response)
            case .unanswered(let reason): CopierAnswer.none(reason, pause: nil)
            }
        return outcome(answer, of: call)
    }

    private func outcome(_ answer: CopierAnswer, of call: MoverCall) -> MoverOutcome {
        switch answer {
        case .done(let message): return .done(message: webhook.shown(message))
        case .running(let progress, let message, let pause):
            return .running(
                progress: progress, message: webhook.shown(message),
                askAgainAfter: (pause ?? Self.pause(in: call.phase)).bounded)
        case .failed(let message): return .failed(message: webhook.shown(message))
        case .none(let reason, let pause):
            let own = backOff.pause(afterFailures: call.failures + 1, random: random())
            return .unreachable(message: webhook.shown(reason), retryAfter: max(own, pause?.bounded ?? .zero))
        }
    }

    /// How soon a copier is asked again that names no time: soon while writes are refused.
    private static func pause(in phase: MoverPhase) -> Duration {
        switch phase {
        case .finalCopy: .milliseconds(250)
        case .prepare, .copy, .catchUp, .cleanup, .undo: .seconds(2)
        }
    }

    static func body(of call: MoverCall, sentAt: Timestamp) -> JSONValue {
        var object: JSONObject = [
            "migration": .string(call.migration), "batch": .integer(call.batch),
            "phase": .string(call.phase.rawValue), "attempt": .integer(call.attempt),
            "source": .string(call.source.rawValue),
            "tenants": .array(
                call.tenants.map { item in
                    [
                        "tenant": .string(item.tenant.rawValue), "target": .string(item.target.rawValue),
                        "epoch": .integer(item.epoch.rawValue),
                    ]
                }),
        ]
        if let deadline = call.deadline { object["deadline"] = .string(deadline.description) }
        object["sentAt"] = .string(sentAt.description)
        return .object(object)
    }
}

extension Duration {
    /// No copier can make the server hurry without end, nor have itself forgotten.
    fileprivate var bounded: Duration { min(max(self, .milliseconds(50)), Limits.webhookRetryAfterMax) }
}
