import JSON

extension Backup {
    /// What was asked for: written once, and never changed but by a PATCH.
    var spec: JSONObject {
        var object: JSONObject = [
            "name": .string(name.rawValue), "scope": scope.document, "covers": covers.document,
            "storageLocation": .string(storageLocation), "executor": .string(executor.rawValue),
            "source": .string(source.rawValue), "ttl": .string(ttl.goInWholeNumbers),
            "createdAt": .string(createdAt.description), "expiresAt": .string(expiresAt.description),
            "phase": .string(phase.rawValue),
        ]
        if let schedule { object["schedule"] = .string(schedule.rawValue) }
        if let dueAt { object["dueAt"] = .string(dueAt.description) }
        if !labels.isEmpty { object["labels"] = .object(JSONObject(strings: labels)) }
        return object
    }

    /// What the audit keeps of it: what was asked for, decided and came of it, not how far it is.
    public var document: JSONValue {
        var object = spec
        if let startedAt { object["startedAt"] = .string(startedAt.description) }
        if let completedAt {
            object["completedAt"] = .string(completedAt.description)
            object["result"] = .object(result.members)
        }
        if let failure { object["failureReason"] = .string(failure.rawValue) }
        if !holds.isEmpty { object["holds"] = .array(holds.map(\.document)) }
        if let verification { object["verification"] = verification.document }
        return .object(object)
    }

    /// As the API shows it.
    public func shown(at now: Timestamp) -> JSONObject {
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        var object = spec
        for (key, value) in result.members { object[key] = value }
        object["labels"] = .object(JSONObject(strings: labels))
        object["startedAt"] = time(startedAt)
        object["completedAt"] = time(completedAt)
        object["failureReason"] = failure.map { .string($0.rawValue) } ?? .null
        object["holds"] = .array(holds.map(\.document))
        object["verification"] = verification?.document ?? .null
        object["good"] = .bool(isGood)
        object["stale"] = .bool(isStale(at: now))
        object["expired"] = .bool(expiresAt <= now)
        if let claim, phase.isInFlight || phase == .deleting { object["claim"] = claim.document }
        object["updatedAt"] = .string(updatedAt.description)
        object["revision"] = .integer(revision.rawValue)
        return object
    }
}
