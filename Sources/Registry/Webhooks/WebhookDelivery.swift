import JSON

/// An event on its way to one webhook: tried until it is taken, or given up.
public struct WebhookDelivery: Sendable, Equatable {
    public enum State: String, Sendable, CaseIterable {
        /// To be tried at `nextAt`.
        case pending
        /// Answered with 2xx.
        case delivered
        /// Given up: kept for a person, who may have it tried anew.
        case dead
    }

    public var webhook: String
    /// The event's: the same to every webhook, in every try.
    public var id: RevisionTag
    public var type: String
    /// What is sent, as it was made: each try sends the same bytes.
    public var body: String
    public var state: State
    public var attempts: Int64
    /// What the last try was answered with; nil where it was not answered.
    public var status: Int64?
    public var message: String
    public var createdAt: Timestamp
    public var attemptedAt: Timestamp?
    /// While it is pending.
    public var nextAt: Timestamp?
    /// Once it is not.
    public var endedAt: Timestamp?

    public init(
        webhook: String, id: RevisionTag, type: String, body: String, state: State = .pending,
        attempts: Int64 = 0, status: Int64? = nil, message: String = "", createdAt: Timestamp,
        attemptedAt: Timestamp? = nil, nextAt: Timestamp? = nil, endedAt: Timestamp? = nil
    ) {
        self.webhook = webhook
        self.id = id
        self.type = type
        self.body = body
        self.state = state
        self.attempts = attempts
        self.status = status
        self.message = message
        self.createdAt = createdAt
        self.attemptedAt = attemptedAt
        self.nextAt = nextAt ?? (state == .pending ? createdAt : nil)
        self.endedAt = endedAt
    }

    /// What a receiver tells repetitions by: `Titan-Delivery`.
    public var key: String { "\(webhook)/\(id)" }

    /// The pauses between tries: within some four hours all are used up.
    public static let backOff = BackOff(first: .seconds(5), max: .seconds(3600), min: .seconds(1))

    /// Takes in what a try came to.
    ///
    /// - Parameters:
    ///   - status: nil where there was no answer.
    ///   - message: fit to be shown.
    ///   - pause: what the receiver asks for.
    ///   - random: 0 to 1, drawn by the caller.
    public mutating func tried(
        _ status: Int?, _ message: String, pause: Duration?, at now: Timestamp, random: Double
    ) {
        attempts += 1
        attemptedAt = now
        self.status = status.map(Int64.init)
        self.message = message
        switch status {
        case .some(200...299): end(.delivered, at: now)
        // "Gone": the receiver wants no more of this.
        case 410: end(.dead, at: now)
        case _ where attempts >= Limits.webhookAttemptsMax: end(.dead, at: now)
        default:
            let own = Self.backOff.pause(afterFailures: Int(attempts), random: random)
            let asked = min(pause ?? .zero, Self.backOff.max)
            nextAt = now.advanced(byMilliseconds: max(own, asked).milliseconds)
        }
    }

    private mutating func end(_ state: State, at now: Timestamp) {
        (self.state, nextAt, endedAt) = (state, nil, now)
    }

    /// It is to be tried anew, from the first pause on.
    public mutating func redeliver(at now: Timestamp) {
        (state, attempts, nextAt, endedAt) = (.pending, 0, now, nil)
    }

    /// What the API shows of it.
    public var shown: JSONObject {
        var object: JSONObject = [
            "id": .string(id.description), "webhook": .string(webhook), "type": .string(type),
            "state": .string(state.rawValue), "attempts": .integer(attempts),
            "status": status.map { .integer($0) } ?? .null, "message": .string(message),
            "createdAt": .string(createdAt.description),
        ]
        for (name, time) in [("attemptedAt", attemptedAt), ("nextAt", nextAt), ("endedAt", endedAt)] {
            object[name] = time.map { .string($0.description) } ?? .null
        }
        object["event"] = (try? JSONValue(parsing: Array(body.utf8))) ?? .null
        return object
    }
}
