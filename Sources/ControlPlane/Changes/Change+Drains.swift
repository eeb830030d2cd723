import JSON
import Registry
import Store

extension Change {
    /// Cordons the cell and begins to move every tenant away. One that drains already keeps its operation.
    public func drain(_ id: CellID, _ request: DrainRequest) throws -> Outcome {
        guard let old = try transaction.cell(id) else { throw notFound("cell", id) }
        try check("cell", id, at: old.revision)
        if let running = try transaction.emptying(id) { return Outcome(accepting: running) }
        let start = MigrationStart(
            kind: .drain, resource: "/v1/cells/\(id)", options: request.options,
            asked: request.asked,
            leaving: [Operation.Leaving(cell: id, schedulable: try wasSchedulable(old.cell))],
            tenants: try transaction.tenantsAtRest(on: id))
        return try self.start(try emptying(start, to: request.to))
    }

    /// Makes the cell active again, cordoned if it was so before its drain; a drain that empties it is cancelled. Tenants
    /// that have left stay where they are.
    public func undrain(_ id: CellID) throws -> Outcome {
        guard let old = try transaction.cell(id) else { throw notFound("cell", id) }
        try check("cell", id, at: old.revision)
        guard let running = try transaction.emptying(id) else { return try putBack(old.cell) }
        guard running.kind == .drain else {
            throw RegistryError(
                .inUse, "The cell '\(id)' is drained by the operation '\(running.id)', with others.",
                blockers: [Blocker(kind: "operation", id: running.id.rawValue, message: "drains the cell")],
                nextSteps: ["POST /v1/operations/\(running.id):cancel gives back all of its cells"])
        }
        _ = try consequences.move(operation: running.id, by: .cancel)
        return try putBack(old.cell)
    }

    /// Active again, and as open for placements as before its drain.
    private func putBack(_ cell: Cell) throws -> Outcome {
        let wasSchedulable = try wasSchedulable(cell)
        let back = try move(cell: cell.id, by: .undrain)
        guard !wasSchedulable else { return back }
        var outcome = try consequences.move(cell: cell.id, by: .cordon)
        outcome.shown["previousRevision"] = back.shown["previousRevision"]
        return outcome
    }

    /// Whether the cell took placements before it was first taken out of service, by a drain or an evacuation: one that
    /// has failed has left it draining. One that nobody remembers any more counts as open.
    private func wasSchedulable(_ cell: Cell) throws -> Bool {
        guard cell.state == .draining || cell.state == .drained else { return cell.schedulable }
        return try transaction.lastEmptied(cell.id)?.wasSchedulable ?? true
    }

    /// Takes the start's cells out of service; every tenant goes to `target`, if there is one.
    func emptying(_ start: MigrationStart, to target: CellID?) throws -> MigrationStart {
        var start = start
        // The rules are asked of the cells as they are before.
        try checkPolicies(start)
        start.policiesAreChecked = true
        for leaving in start.leaving { _ = try consequences.move(cell: leaving.cell, by: .drain) }
        if let target { for tenant in start.tenants { start.targets[tenant.id] = target } }
        return start
    }
}

extension ReadTransaction {
    /// The last operation that has taken the cell out of service, and how it found it; nil where none is kept.
    func lastEmptied(_ id: CellID) throws -> (by: OperationID, wasSchedulable: Bool)? {
        guard let cell = try cell(id)?.cell else { return nil }
        let earlier = try [
            OperationFilter(kind: .drain, resource: "/v1/cells/\(id)"),
            OperationFilter(kind: .evacuation, resource: "/v1/zones/\(cell.zone)"),
        ].flatMap { try operations($0, before: .max, limit: 100) }
        for operation in earlier.sorted(by: { $0.number > $1.number }) {
            guard let leaving = operation.leaving.first(where: { $0.cell == id }) else { continue }
            return (operation.id, leaving.schedulable)
        }
        return nil
    }

    /// The operation under way that is to empty the cell.
    func emptying(_ cell: CellID) throws -> Operation? {
        try operationsUnderWay().first { operation in operation.leaving.contains { $0.cell == cell } }
    }
}
