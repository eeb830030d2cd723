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
        ].map { "rollout.\($0)" }
        + ["completed", "failed", "stuck", "missed"].map { "backup.\($0)" }
        + ["completed", "failed"].map { "restore.\($0)" } + [pingType]

    /// Sent because somebody asked whether it arrives.
    public static let pingType = "webhook.ping"

    /// The kinds of audit events that webhooks tell of.
    public static func tells(of kind: ResourceKind) -> Bool {
        switch kind {
        case .operation, .rollout, .backupSchedule, .backup, .restore: true
        case .cell, .tenant, .token, .gateway, .policies, .release, .webhook, .registry: false
        }
    }

    /// - Parameter before: the resource's document as it was; nil where it was not.
    /// - Returns: nil where nothing has happened that webhooks tell of.
    public init?(_ event: AuditEvent, before: JSONValue?) throws(JSONError) {
        guard let text = event.document else { return nil }
        let after = try JSONValue(parsing: Array(text.utf8))
        let noun: String
        let what: String?
        switch event.kind {
        case .operation:
            noun = after["kind"]?.string ?? ""
            resource = "/v1/operations/\(event.id)"
            data = Self.members(["id", "total", "completed", "failed"], of: after)
            data["about"] = after["resource"]
            what = Self.what(before, after)
        case .rollout:
            noun = "rollout"
            resource = "/v1/rollouts/\(event.id)"
            data = Self.members(["id", "release", "wave", "cause"], of: after)
            what = Self.what(before, after)
        case .backup:
            noun = "backup"
            resource = "/v1/backups/\(event.id)"
            data = Self.members(
                ["name", "schedule", "source", "failureReason", "result", "expiresAt"], of: after)
            what = Self.end(before, after)
        case .backupSchedule:
            noun = "backup"
            resource = "/v1/backup-schedules/\(event.id)"
            data = Self.members(["name", "lastMissed"], of: after)
            what = after["lastMissed"] != nil && after["lastMissed"] != before?["lastMissed"] ? "missed" : nil
        case .restore:
            noun = "restore"
            resource = "/v1/restores/\(event.id)"
            data = Self.members(
                ["name", "backup", "schedule", "drill", "duration", "failureReason", "message"], of: after)
            what = Self.end(before, after).map { $0 == "stuck" ? "failed" : $0 }
        case .cell, .tenant, .token, .gateway, .policies, .release, .webhook, .registry: return nil
        }
        guard let what else { return nil }
        type = "\(noun).\(what)"
        (revision, at, actor, reason) = (event.revision, event.at, event.actor, event.reason)
        state = (after["state"] ?? after["phase"])?.string
        previousState = (before?["state"] ?? before?["phase"])?.string
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

    /// What a backup or a restore has come to; nil where it has not ended by this change, and for what was over before
    /// the catalog came to know it.
    private static func end(_ before: JSONValue?, _ after: JSONValue) -> String? {
        guard before?["phase"] != after["phase"] else { return nil }
        if before == nil, after["source"] != "api", after["source"] != "schedule" { return nil }
        switch after["phase"]?.string.flatMap(BackupPhase.init) {
        case .completed: return "completed"
        case .partiallyFailed, .failedValidation: return "failed"
        case .failed:
            let failure = after["failureReason"]?.string.flatMap(BackupFailure.init)
            return failure?.isStuck == true ? "stuck" : "failed"
        case .new, .queued, .readyToStart, .inProgress, .waiting, .waitingPartiallyFailed, .finalizing,
            .finalizingPartiallyFailed, .deleting, nil:
            return nil
        }
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
