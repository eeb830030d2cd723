import JSON
import Registry
import Store

extension Change {
    /// Undoes one earlier change of a cell or a tenant, by a new change that obeys all the rules.
    ///
    /// - Throws: `revertConflict` naming the later changes that stand on it; `stateConflict` where the way back is not
    ///   one that the state machine has; whatever the rules say of the result.
    public func revert(_ revision: Revision) throws -> Outcome {
        guard let event = try transaction.event(at: revision)?.event else {
            throw notFound("change", revision)
        }
        let before = try document(at: event.previous)
        let after = try event.document.map(Self.parse)
        let now = try transaction.document(of: event.kind, event.id, at: transaction.revision()).map(
            Self.parse)
        let target = try target(of: event, before: before, after: after, now: now)

        switch event.kind {
        case .cell:
            guard let id = CellID(event.id) else { throw notFound("cell", event.id) }
            return try restore(cell: id, target)
        case .tenant:
            guard let id = TenantID(event.id) else { throw notFound("tenant", event.id) }
            return try restore(tenant: id, target)
        case .token, .gateway, .operation, .policies, .release, .rollout, .webhook, .backupSchedule, .backup,
            .restore, .registry:
            throw RegistryError(
                .stateConflict,
                "The change \(revision) is of a \(event.kind.rawValue), which can't be reverted.",
                nextSteps: ["make a new one instead"])
        }
    }

    /// What the resource shall be: what it is now, with this change's own members as they were before it.
    private func target(
        of event: AuditEvent, before: JSONValue?, after: JSONValue?, now: JSONValue?
    ) throws -> JSONValue? {
        guard let before, let after else {
            // It was made or deleted: only if nothing has been done to it since can that be undone.
            if now != after { throw try conflict(with: event) { _, _ in true } }
            return before
        }
        guard let now else { throw try conflict(with: event) { _, _ in true } }
        let patch = JSONValue.mergePatch(from: after, to: before)
        let touched = patch.object?.keys ?? []
        guard touched.allSatisfy({ now[$0] == after[$0] }) else {
            throw try conflict(with: event) { old, new in touched.contains { old?[$0] != new?[$0] } }
        }
        return now.applyingMergePatch(patch)
    }

    private func conflict(
        with event: AuditEvent, _ touches: (JSONValue?, JSONValue?) -> Bool
    ) throws -> RegistryError {
        let later = try transaction.events(
            after: event.revision, AuditFilter(kind: event.kind, id: event.id), limit: 100)
        let blockers = try later.compactMap { change -> Blocker? in
            let old = try document(at: change.event.previous)
            guard touches(old, try change.event.document.map(Self.parse)) else { return nil }
            return Blocker(
                kind: "change", id: change.event.revision.description,
                message: "\(change.event.operation) by \(change.event.actor) at \(change.event.at)")
        }
        return RegistryError(
            .revertConflict,
            "The change \(event.revision) of the \(event.kind.rawValue) '\(event.id)' can't be undone: later changes stand on it.",
            blockers: blockers, nextSteps: ["revert the later ones first, newest first"])
    }

    private func restore(cell id: CellID, _ target: JSONValue?) throws -> Outcome {
        guard let target else { return try deleteCell(id) }
        let old = try transaction.cell(id)
        let cell = try Cell(document: target, id: id)
        // A cordon alone is undone by a write, with whatever else the change did.
        guard let old, old.cell.state != cell.state else { return try putCell(id, target) }
        let wanted = CellLife(cell.state, schedulable: cell.schedulable)
        let now = CellLife(old.cell.state, schedulable: old.cell.schedulable)
        for event in CellEvent.allCases where event != .delete && event != .observedEmpty && event != .drain {
            if let reached = try? now.after(event), reached == wanted { return try move(cell: id, by: event) }
        }
        throw RegistryError(
            .stateConflict,
            "The cell '\(id)' is \(now.state.rawValue), and can't go back to \(wanted.state.rawValue).",
            nextSteps: ["take the actions that its state allows"])
    }

    private func restore(tenant id: TenantID, _ target: JSONValue?) throws -> Outcome {
        guard let target else { return try deleteTenant(id) }
        guard let old = try transaction.tenant(id) else {
            var spec = try TenantSpec(document: target, id: id)
            spec.epoch = nil
            return try save(spec, replacing: nil)
        }
        let wanted = try TenantSpec(document: target, id: id)
        switch wanted.state {
        case .suspended? where old.tenant.state == .serving: return try move(tenant: id, by: .suspend)
        case .serving? where old.tenant.state == .suspended: return try move(tenant: id, by: .resume)
        default: return try save(wanted, replacing: old)
        }
    }

    private func document(at revision: Revision) throws -> JSONValue? {
        try transaction.event(at: revision)?.event.document.map(Self.parse)
    }

    private static func parse(_ document: String) throws -> JSONValue {
        try JSONValue(parsing: Array(document.utf8))
    }
}
