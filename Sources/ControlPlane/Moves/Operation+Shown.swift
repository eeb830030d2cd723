import JSON
import Registry

extension Operation {
    /// What the API shows of it.
    ///
    /// - Parameters:
    ///   - blockers: what is observed to stand in its way now; once it has ended, only what it kept is shown.
    ///   - inFlight: tenants of its batches in flight.
    func shown(
        blockers observed: [Blocker] = [], inFlight: Int64 = 0, log: [OperationLogEntry]? = nil
    ) -> JSONObject {
        let blockers = life.state.isDone ? self.blockers : self.blockers + observed
        func time(_ time: Timestamp?) -> JSONValue { time.map { .string($0.description) } ?? .null }
        var object: JSONObject = [
            "id": .string(id.rawValue), "kind": .string(kind.rawValue), "state": .string(life.state.rawValue),
            "done": .bool(life.state.isDone), "intent": .string(life.intent), "resource": .string(resource),
            "progress": [
                "total": .integer(total), "completed": .integer(completed), "failed": .integer(failed),
                "inFlight": .integer(inFlight),
            ],
            "blockers": .array(blockers.prefix(Limits.blockersShownMax).map(\.document)),
            "nextSteps": .array(nextSteps(blockers).map { .string($0) }),
            "evidence": .object(evidence),
            "createdAt": time(createdAt), "createdBy": .string(actor), "reason": .string(reason),
            "updatedAt": time(updatedAt), "deadline": time(deadlineAt), "endedAt": time(endedAt),
            "expiresAt": time(expiresAt), "revision": .integer(revision.rawValue),
        ]
        if let override = options.override { object["override"] = override.document }
        if let log { object["log"] = .array(log.map(\.document)) }
        return object
    }

    /// What can be done about its having ended, instead of what was asked.
    func refusal(of error: RegistryError) -> RegistryError {
        var error = error
        error.nextSteps = nextSteps(blockers) + ["GET /v1/operations/\(id) shows how it ended"]
        return error
    }

    private func nextSteps(_ blockers: [Blocker]) -> [String] {
        switch life.state {
        case .running:
            let waiting =
                blockers.allSatisfy { $0.kind == Blocker.pauseKind }
                ? [] : ["look after what the blockers name"]
            let copier =
                blockers.contains { $0.kind == "mover" }
                ? ["mend what the mover says: its tenants are tried again by themselves, until the deadline"]
                : []
            return ["GET /v1/operations/\(id):wait?wait=30s"] + waiting + copier
                + (life.isCancelling ? [] : ["POST /v1/operations/\(id):cancel leaves every tenant whole"])
        case .paused: return ["POST /v1/operations/\(id):resume", "POST /v1/operations/\(id):cancel"]
        case .succeeded: return waysBack
        case .failed:
            let again = "look after what the blockers name, and start it anew for what is left"
            return kind == .drain ? [again, "POST \(resource):undrain lets the cell serve again"] : [again]
        case .cancelled:
            // It has expired: nobody has asked for that.
            let again =
                kind == .evacuation && !blockers.isEmpty
                ? ["POST \(resource):evacuate again, with a longer \"expiresIn\""] : []
            return waysBack + again
        }
    }

    /// How its tenants come back: an evacuation's in steps, at any time.
    private var waysBack: [String] {
        guard completed > 0, kind != .reversal else { return [] }
        let restore = kind == .evacuation ? ["POST \(resource):restore brings the tenants back"] : []
        guard options.reverseWindow > .zero, let endedAt else { return restore }
        let end = endedAt.advanced(byMilliseconds: options.reverseWindow.milliseconds)
        return restore + [
            "POST /v1/migrations/\(id):reverse takes the tenants back, until \(end) at the latest"
        ]
    }
}
