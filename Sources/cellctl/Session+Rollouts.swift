import JSON
import Registry

extension Session {
    /// Watches a rollout until it has ended or waits for a person, tells that, and ends as it did.
    ///
    /// - Parameter wanted: the state that is as good as success: of a rollback, `rolledBack`.
    func finish(
        rollout id: String, within timeout: Duration?, wanted: String = "succeeded", isKnown: Bool = true
    ) throws(CommandFailure) {
        let steps = ["watch it with: cellctl rollouts watch \(id.printable)"]
        surroundings.onInterrupt(["Rollout \(id.printable) goes on."] + steps)
        let noun = RolloutResource.noun
        let rollout: JSONValue
        do throws(CommandFailure) {
            rollout = try LongWorkWatch(noun, id, self).end(
                within: timeout, isKnown: isKnown, isOver: { RolloutEnd($0) != nil }
            ) { document throws(CommandFailure) in
                RolloutProgress(rollout: document, failing: try failing(document))
            }
        } catch {
            if [.timedOut, .unreachable, .serverFailed].contains(error.ending) {
                for step in steps { console.printError(step) }
            }
            throw error
        }
        let isShown = try showDocument(rollout)
        let state = (rollout["state"]?.string ?? "unknown").printable
        let told = "\(RolloutProgress.title(rollout)) \(state): \(RolloutProgress.counts(rollout))"
        guard let end = RolloutEnd(rollout), state != wanted, end.ending != .success else {
            if !isShown, isForPeople { console.print(told) }
            return
        }
        for line in RolloutProgress(rollout: rollout, failing: try failing(rollout)).endLines {
            console.printError(line)
        }
        throw .incomplete(told, end.ending)
    }

    /// The first cells that went wrong, asked for only where there are any.
    func failing(_ rollout: JSONValue) throws(CommandFailure) -> [JSONValue] {
        let back = rollout["direction"]?.string == "back"
        var found: [JSONValue] = []
        for (count, state) in [
            ("failed", back ? "rollbackFailed" : "failed"), ("unreachable", "unreachable"),
        ]
        where (rollout["progress"]?[count]?.integer ?? 0) > 0 {
            let path = RolloutResource.noun.path(rollout["id"]?.string ?? "", "/cells")
            let request = APIRequest("GET", path, query: [("state", state), ("limit", "10")])
            found += try api.send(request).body["items"]?.array ?? []
        }
        return found
    }
}

/// Where a rollout goes no further by itself.
struct RolloutEnd {
    let ending: Ending

    /// Nil where it goes on.
    init?(_ rollout: JSONValue) {
        switch rollout["state"]?.string {
        case "succeeded": ending = .success
        case "rolledBack", "failed": ending = .operationFailed
        case "aborted": ending = .operationCancelled
        case "paused", "awaitingApproval": ending = .waitsForPerson
        default: return nil
        }
    }
}

extension RolloutProgress {
    /// Why it ended as it did, and what can be done.
    var endLines: [String] {
        let cause = rollout["cause"]?["message"]?.string ?? ""
        let cells = failing.map { "\($0["cell"]?.string ?? "?"): \($0["message"]?.string ?? "")" }
        let steps = (rollout["nextSteps"]?.array ?? []).compactMap(\.string).map { "next: \($0)" }
        return ((cause.isEmpty ? [] : [cause]) + cells + steps).map(\.printable)
    }
}
