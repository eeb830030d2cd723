import JSON
import Registry
import Store

extension Change {
    /// Replaces the safety policies.
    public func putPolicies(_ document: JSONValue) throws -> Outcome {
        let old = try transaction.policies()
        // The defaults are there to be matched, at the tag that a GET shows with them.
        try check("policies", "policies", at: old?.revision ?? .zero)
        let policies = try SafetyPolicies(document: document)
        if let old, old.policies == policies {
            return Outcome(created: false, shown: old.shown, revision: old.revision, previous: old.revision)
        }
        let saved = try transaction.save(policies, replacing: old)
        return Outcome(
            // They were there before, as the defaults.
            created: false, shown: saved.shown, revision: saved.revision,
            previous: old?.revision ?? .zero)
    }

    /// The safety rules, over the cells as they are before anything is changed.
    ///
    /// - Throws: `policyViolation` naming each rule that speaks against it and that no override lifts.
    func checkPolicies(_ start: MigrationStart) throws {
        let cells = try transaction.cellsForSafety()
        let check = SafetyCheck(
            cells: try cells.map(facts(countingEvacuationsOnce: transaction.operationsUnderWay())),
            policies: try transaction.policies()?.policies ?? SafetyPolicies(), now: transaction.now)
        let action = SafetyCheck.Action(takingOut: Set(start.leaving.map(\.cell)), origin: .operator)
        let violations = check.outcome(of: action, override: start.options.override).violations.filter {
            // An evacuation is one decision, however many cells it takes.
            $0.rule != .drainingCellsMax || start.kind != .evacuation
        }
        guard !violations.isEmpty else { return }
        throw RegistryError(
            .policyViolation,
            "A safety rule speaks against it: \(violations.map(\.message).joined(separator: " "))",
            blockers: violations.map(\.blocker), nextSteps: violations.flatMap(\.nextSteps))
    }
}

/// What the rules look at of a cell. An evacuation is one drain, however many cells it takes: of those that one empties
/// only the first counts as draining.
private func facts(
    countingEvacuationsOnce operations: [Operation]
) -> (SafetyCheck.Cell) -> SafetyCheck.Cell {
    let counted = operations.filter { $0.kind == .evacuation }
    let others = Set(counted.flatMap { $0.leaving.dropFirst().map(\.cell) })
    return { cell in
        var cell = cell
        if cell.state == .draining, others.contains(cell.id) { cell.state = .drained }
        return cell
    }
}

extension PolicyRecord {
    /// What the API shows.
    public var shown: JSONObject {
        guard case .object(var object) = policies.document else {
            preconditionFailure("a document is an object")
        }
        object["revision"] = .integer(revision.rawValue)
        object["updatedAt"] = .string(updatedAt.description)
        return object
    }
}
