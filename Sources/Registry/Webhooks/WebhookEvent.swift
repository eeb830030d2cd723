import JSON

/// Something that happened to long work, as webhooks tell of it: made from the audit event of a change of state, in the
/// transaction of that change.
///
/// Short on purpose: it says what happened to what, and where the rest can be read.
public struct WebhookEvent: Sendable, Equatable {
    /// A noun and what became of it: `drain.succeeded`.
    public var type: String
    public var revision: Revision
    public var at: Timestamp
    public var actor: String
    public var reason: String
    /// The path of what it is about.
    public var resource: String
    public var state: String?
    public var previousState: String?
    /// What else is of use to whoever decides by it.
    public var data: JSONObject

    /// Every type there is: what a webhook's patterns are held against. Another noun is another line here.
    public static let types: [String] =
        OperationKind.allCases.map(\.rawValue).flatMap { noun in
            ["started", "paused", "resumed", "cancelling", "succeeded", "failed", "cancelled"].map {
                "\(noun).\($0)"
            }
        }
        + [
            "started", "running", "wave", "awaitingApproval", "paused", "resumed", "rollingBack", "succeeded",
            "rolledBack", "aborted", "failed",
        ].map { "rollout.\($0)" } + [pingType]

    /// Sent because somebody asked whether it arrives.
    public static let pingType = "webhook.ping"

    /// The kinds of audit events that webhooks tell of.
    public static func tells(of kind: ResourceKind) -> Bool {
        switch kind {
        case .operation, .rollout: true
        case .cell, .tenant, .token, .gateway, .policies, .release, .webhook, .registry: false
        }
    }

    /// - Parameter before: the resource's document as it was; nil where it was not.
    /// - Returns: nil where nothing has happened that webhooks tell of.
    public init?(_ event: AuditEvent, before: JSONValue?) throws(JSONError) {
        guard let text = event.document else { return nil }
        let after = try JSONValue(parsing: Array(text.utf8))
        let noun: String
        switch event.kind {
        case .operation:
            noun = after["kind"]?.string ?? ""
            resource = "/v1/operations/\(event.id)"
            data = Self.members(["id", "total", "completed", "failed"], of: after)
            data["about"] = after["resource"]
        case .rollout:
            noun = "rollout"
            resource = "/v1/rollouts/\(event.id)"
            data = Self.members(["id", "release", "wave", "cause"], of: after)
        case .cell, .tenant, .token, .gateway, .policies, .release, .webhook, .registry: return nil
        }
        guard let what = Self.what(before, after) else { return nil }
        type = "\(noun).\(what)"
        (revision, at, actor, reason) = (event.revision, event.at, event.actor, event.reason)
        (state, previousState) = (after["state"]?.string, before?["state"]?.string)
    }

    private init(pingOf webhook: Webhook, _ event: AuditEvent) {
        type = Self.pingType
        (revision, at, actor, reason) = (event.revision, event.at, event.actor, event.reason)
        resource = "/v1/webhooks/\(webhook.name)"
        (state, previousState) = (nil, nil)
        data = ["webhook": .string(webhook.name)]
    }

    public static func ping(of webhook: Webhook, _ event: AuditEvent) -> WebhookEvent {
        WebhookEvent(pingOf: webhook, event)
    }

    /// What has become of it, in a word; nil for a change that is none of its state.
    private static func what(_ before: JSONValue?, _ after: JSONValue) -> String? {
        guard let before else { return "started" }
        let (old, new) = (before["state"]?.string, after["state"]?.string)
        if after["intent"] == "cancel", before["intent"] != "cancel", new == "running" { return "cancelling" }
        if old != new {
            guard new == "running" else { return new }
            return old == "pending" ? "running" : "resumed"
        }
        return (after["wave"]?.integer ?? 0) > (before["wave"]?.integer ?? 0) ? "wave" : nil
    }

    private static func members(_ names: [String], of document: JSONValue) -> JSONObject {
        var object: JSONObject = [:]
        for name in names { object[name] = document[name] }
        return object
    }

    /// The body that is sent. Its `id` is the same in every try and to every webhook: what a receiver tells repetitions by.
    public func document(_ id: RevisionTag) -> JSONValue {
        var object: JSONObject = [
            "id": .string(id.description), "type": .string(type), "at": .string(at.description),
            "revision": .integer(revision.rawValue), "resource": .string(resource),
        ]
        if let state { object["state"] = .string(state) }
        if let previousState { object["previousState"] = .string(previousState) }
        object["actor"] = .string(actor)
        object["reason"] = .string(reason)
        object["data"] = .object(data)
        return .object(object)
    }
}
