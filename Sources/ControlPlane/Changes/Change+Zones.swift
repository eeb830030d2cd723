import JSON
import Registry
import Store

extension Change {
    /// Takes every cell of the zone out of service and begins to move all of their tenants to other zones.
    public func evacuate(zone: String, _ request: EvacuationRequest) throws -> Outcome {
        try checkZoneCondition()
        let records = try transaction.cells(CellFilter(zone: zone), page: Page(limit: Limits.cellsMax))
        guard !records.isEmpty else { throw notFound("zone", zone) }
        if let known = try transaction.evacuations().first(where: { $0.zone == zone }) {
            let isOver = known.expiresAt.map { $0 <= transaction.now } ?? false
            guard isOver, try transaction.operation(known.operation)?.life.state.isDone != false else {
                throw RegistryError(
                    .inUse, "The zone '\(zone)' is evacuated already, by '\(known.operation)'.",
                    blockers: [
                        Blocker(
                            kind: "operation", id: known.operation.rawValue, message: "evacuates the zone")
                    ], nextSteps: ["POST /v1/zones/\(zone):restore brings its tenants back"])
            }
        }
        let active = records.filter { $0.cell.state == .active }
        guard !active.isEmpty else {
            throw RegistryError(
                .stateConflict, "The zone '\(zone)' has no active cell to evacuate.",
                nextSteps: ["GET /v1/cells?zone=\(zone) shows the state of each"])
        }
        var start = MigrationStart(
            kind: .evacuation, resource: "/v1/zones/\(zone)", options: request.options,
            asked: request.asked,
            leaving: active.map { Operation.Leaving(cell: $0.cell.id, schedulable: $0.cell.schedulable) },
            tenants: try active.flatMap { try transaction.tenantsAtRest(on: $0.cell.id) })
        start.asked["zone"] = .string(zone)
        start = try emptying(start, to: nil)
        let outcome = try self.start(start)
        if let operation = outcome.shown["id"]?.string.flatMap(OperationID.init) {
            try transaction.save(
                Evacuation(
                    zone: zone, operation: operation,
                    expiresAt: request.expiresIn.map {
                        transaction.now.advanced(byMilliseconds: $0.milliseconds)
                    },
                    createdAt: transaction.now))
        }
        return outcome
    }

    /// Makes the zone's cells active again and begins to bring back the tenants that the evacuation moved.
    ///
    /// A tenant that has moved on since, or that its old cell can't take any more, stays where it is.
    public func restore(zone: String, _ request: RestorationRequest) throws -> Outcome {
        try checkZoneCondition()
        guard let evacuation = try transaction.evacuations().first(where: { $0.zone == zone }) else {
            let cells = try transaction.cells(CellFilter(zone: zone), page: Page(limit: 1))
            guard !cells.isEmpty else { throw notFound("zone", zone) }
            throw RegistryError(
                .stateConflict, "The zone '\(zone)' is not evacuated.",
                nextSteps: ["GET /v1/zones shows which are"])
        }
        guard let old = try transaction.operation(evacuation.operation), old.life.state.isDone else {
            throw RegistryError(
                .stateConflict, "The evacuation of the zone '\(zone)' has not ended.",
                blockers: [
                    Blocker(
                        kind: "operation", id: evacuation.operation.rawValue, message: "evacuates the zone")
                ],
                nextSteps: [
                    "POST /v1/operations/\(evacuation.operation):cancel, then restore what it has moved"
                ])
        }
        try giveBack(old)
        try transaction.deleteEvacuation(of: zone)

        var tenants: [Tenant] = []
        var targets: [TenantID: CellID] = [:]
        for move in try transaction.moves(of: old, state: .moved, limit: Int.max) {
            guard let tenant = try transaction.tenant(move.tenant)?.tenant, tenant.cell == move.target,
                tenant.epoch == move.epoch.next, try transaction.mover(of: tenant.id) == nil
            else { continue }
            tenants.append(tenant)
            targets[tenant.id] = move.source
        }
        for batch in try transaction.batches(of: old, limit: Int.max) where batch.state == .reversible {
            _ = try take(Step(event: .reverse), of: batch, in: old)
        }
        var start = MigrationStart(
            kind: .restoration, resource: "/v1/zones/\(zone)", options: request.options,
            asked: request.asked, reverses: old.id, tenants: tenants, targets: targets)
        start.asked["zone"] = .string(zone)
        start.leavesOutWhatDoesNotFit = true
        start.steps = (percent: request.stepPercent, pause: request.stepPause)
        return try self.start(start)
    }

    /// A zone is no resource with an ETag, so that nothing can match a condition on it.
    private func checkZoneCondition() throws(RegistryError) {
        guard expectation != .any else { return }
        throw RegistryError(
            .preconditionFailed, "A zone has no ETag that If-Match or If-None-Match could be about.",
            nextSteps: ["send a dry run, and its plan as If-Plan-Match"])
    }

    /// The evacuation's time is over: its cells serve again. One that still runs is cancelled, which gives them back.
    func expire(_ evacuation: Evacuation) throws {
        guard let operation = try transaction.operation(evacuation.operation) else {
            return try transaction.deleteEvacuation(of: evacuation.zone)
        }
        guard operation.life.state.isDone else {
            let end = evacuation.expiresAt.map { " at \($0)" } ?? ""
            _ = try move(
                operation: operation.id, by: .cancel,
                because: Blocker(
                    kind: "zone", id: evacuation.zone,
                    message:
                        "its evacuation expired\(end), before it had ended: who had moved by then stays moved"
                ))
            return
        }
        try giveBack(operation)
        try transaction.log(operation.number, "expired: the zone's cells serve again", isLast: true)
    }

    /// Lets the cells serve again that the operation has emptied, and no later one.
    private func giveBack(_ operation: Operation) throws {
        for leaving in operation.leaving where try transaction.lastEmptied(leaving.cell)?.by == operation.id {
            try giveBack(leaving)
        }
    }

    /// Lets a cell that was emptied serve again, as it was before.
    func giveBack(_ leaving: Operation.Leaving) throws {
        guard let record = try transaction.cell(leaving.cell),
            record.cell.state == .drained || record.cell.state == .draining
        else { return }
        _ = try consequences.move(cell: leaving.cell, by: .undrain)
        if !leaving.schedulable { _ = try consequences.move(cell: leaving.cell, by: .cordon) }
    }
}
