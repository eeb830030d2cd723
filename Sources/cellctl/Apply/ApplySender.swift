import JSON

/// Sends the steps of a plan, each on the condition that its resource is still what the plan was made from.
///
/// `If-Match` (or `If-None-Match: *` for a new one) binds each write to the state that was shown, and a PUT of a whole
/// document decides the rest. The plan token of a dry run would bind more than that: a tenant's depends on all cells'
/// headroom, so the first tenant placed would undo the plan of the second.
struct ApplySender {
    let api: APIClient
    let incarnation: String

    struct Outcome {
        var results: [JSONValue] = []
        var failedCount = 0
        var firstFailure: CommandFailure?
        var revision: Int64?
    }

    /// Has the server try each step, and takes its word for what would change.
    ///
    /// - Returns: what it refuses now but may take after the steps before it: a tenant on a cell that is still to be
    ///   made, a host that another tenant is to give up.
    /// - Throws: what it refuses in any case; nothing is changed then.
    func preview(_ plan: inout ApplyPlan) throws(CommandFailure) -> [ResourceKey: String] {
        var warnings: [ResourceKey: String] = [:]
        let first = plan.steps.first?.key
        for step in plan.steps {
            var request = request(step)
            request.query.append(("dryRun", "true"))
            do throws(CommandFailure) {
                let effects = try api.send(request).body["effects"]?.array ?? []
                plan.refine(step.key, with: effects.compactMap(Effect.init))
            } catch {
                guard case .problem(let problem) = error, [404, 409].contains(problem.status),
                    step.key != first
                else {
                    throw error
                }
                warnings[step.key] = error.message
            }
        }
        return warnings
    }

    /// Sends every step; one that fails does not stop the others, unless the control plane itself has failed.
    func send(_ plan: ApplyPlan, _ session: Session) -> Outcome {
        var outcome = Outcome()
        for step in plan.steps {
            var result: JSONObject = [
                "kind": .string(step.effect.kind), "id": .string(step.key.id),
                "action": .string(step.effect.action.rawValue),
            ]
            do throws(CommandFailure) {
                let revision = try api.send(request(step)).revision
                outcome.revision = max(outcome.revision ?? 0, revision ?? 0)
                result["revision"] = revision.map { .integer($0) } ?? .null
                outcome.results.append(.object(result))
                let at = revision.map { " (revision \($0))" } ?? ""
                if session.isForPeople {
                    session.console.print("\(step.key.name) \(step.effect.action.rawValue)d\(at)".printable)
                }
            } catch {
                outcome.failedCount += 1
                outcome.firstFailure = outcome.firstFailure ?? error
                result["error"] = error.document
                outcome.results.append(.object(result))
                session.console.printError("\(step.key.name): not \(step.effect.action.rawValue)d".printable)
                session.show(error)
                if error.ending == .unreachable || error.ending == .serverFailed { break }
            }
        }
        return outcome
    }

    private func request(_ step: ApplyPlan.Step) -> APIRequest {
        let path = step.key.kind.noun.path(step.key.id)
        var request =
            step.document.map { APIRequest("PUT", path, body: .json($0)) } ?? APIRequest("DELETE", path)
        if let revision = step.revision {
            request.fields.append(("If-Match", "\"\(incarnation).\(revision)\""))
        } else {
            request.fields.append(("If-None-Match", "*"))
        }
        return request
    }
}

extension CommandFailure {
    fileprivate var document: JSONValue {
        if case .problem(let problem) = self { problem.document } else { ["detail": .string(message)] }
    }
}
