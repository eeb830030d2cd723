import Crypto
import JSON
import Registry
import Store

/// A tenant migration as it is about to begin: which tenants, where to, how, and as part of what.
struct MigrationStart {
    var kind: OperationKind
    /// The path of what it is about.
    var resource: String
    var options: MigrationOptions
    /// What the request said beside them.
    var asked: JSONObject = [:]
    /// Cells that are to be empty in the end, as they were before.
    var leaving: [Operation.Leaving] = []
    var reverses: OperationID?
    /// As they are now.
    var tenants: [Tenant]
    /// Where single tenants must go; the placement policy chooses for the others.
    var targets: [TenantID: CellID] = [:]
    /// The safety rules were asked before the cells were taken out of service.
    var policiesAreChecked = false
    /// Tenants that fit nowhere stay where they are, instead of keeping the others from moving.
    var leavesOutWhatDoesNotFit = false
    /// Batches begin in steps: so many per cent of the tenants, and the next so much later.
    var steps: (percent: Int, pause: Duration) = (100, .zero)
}

/// Each tenant's target, and what does not fit.
extension MovePlan {
    init(_ start: MigrationStart, in transaction: WriteTransaction) throws {
        var planner = MovePlanner(
            cells: try transaction.ledger().cells.map(\.withArrivals), leaving: Set(start.leaving.map(\.cell))
        )
        let moving = try start.tenants.map { try transaction.moving($0) }
        for tenant in moving.sorted(by: MovingTenant.isPlacedBefore) {
            _ = planner.place(tenant, on: start.targets[tenant.tenant])
        }
        self = planner.plan
    }

    /// 22 characters that stand for every tenant's source and target: a plan that differs has another.
    var digest: String {
        var hash = SHA256()
        for move in moves {
            hash.update(data: Array("\(move.tenant)\n\(move.source)\n\(move.target)\n\(move.load)\n".utf8))
        }
        return Base64URL.encode(hash.finalize().prefix(16))
    }

    /// `insufficientCapacity`, naming the tenants that fit nowhere and why.
    var refusal: RegistryError {
        let total = unplaceable.count + moves.count
        return RegistryError(
            .insufficientCapacity,
            "\(unplaceable.count) of \(total) tenants fit on no other cell: nothing was changed.",
            blockers: blockers,
            nextSteps: [
                "GET /v1/capacity shows where there is headroom",
                "add or activate cells, or raise their capacity",
                "loosen the constraints of the tenants named",
            ])
    }
}

extension ReadTransaction {
    /// A tenant as planners see it.
    func moving(_ tenant: Tenant) throws -> MovingTenant {
        MovingTenant(
            tenant: tenant.id, load: tenant.load, source: tenant.cell, constraints: tenant.placement,
            pinned: tenant.pinned, peers: try peers(of: tenant))
    }
}

extension Change {
    /// Begins a tenant migration: checks the safety rules and that everything fits, reserves room on the targets, and
    /// records the operation with its batches. All of it or nothing.
    func start(_ start: MigrationStart) throws -> Outcome {
        try checkMoving(start)
        if !start.policiesAreChecked { try checkPolicies(start) }
        let plan = try MovePlan(start, in: transaction)
        if !start.leavesOutWhatDoesNotFit, !plan.unplaceable.isEmpty {
            guard isRehearsal else { throw plan.refusal }
            return Outcome(refusing: plan, at: transaction.revision())
        }

        var new = Operation(
            id: .random(start.kind), kind: start.kind, resource: start.resource, options: start.options,
            leaving: start.leaving, reverses: start.reverses, plan: plan.digest,
            total: Int64(plan.moves.count), actor: transaction.context.principal.name,
            reason: transaction.context.reason, createdAt: transaction.now)
        new.asked = start.asked
        let operation = try transaction.insert(new)
        try insert(plan.moves, of: operation, after: 0, from: start)
        try transaction.log(operation.number, "planned \(plan.moves.count) moves")
        for tenant in plan.unplaceable.prefix(Limits.blockersShownMax) {
            try transaction.log(
                operation.number,
                "the tenant '\(tenant.tenant)' stays where it is: \(tenant.blocker.message)",
                isWarning: true)
        }
        if let override = start.options.override {
            try transaction.log(
                operation.number, "safety rules are overridden: \(override.reason)", isWarning: true)
        }
        return Outcome(accepting: operation, plan: plan)
    }

    /// Deals the moves out in batches of one source each, numbered from `number` on.
    func insert(
        _ moves: [PlannedMove], of operation: Operation, after number: Int64, from start: MigrationStart
    ) throws {
        let tenants = Dictionary(uniqueKeysWithValues: start.tenants.map { ($0.id, $0) })
        var number = number
        var dealt = 0
        var open: [CellID: (number: Int64, moves: [PlannedMove])] = [:]
        func close(_ source: CellID, _ batch: (number: Int64, moves: [PlannedMove])) throws {
            var row = Batch(
                operation: operation.id, number: batch.number, source: source,
                tenants: Int64(batch.moves.count))
            let step = dealt * 100 / (moves.count * start.steps.percent)
            if step > 0 {
                row.notBefore = transaction.now.advanced(
                    byMilliseconds: Int64(step) * start.steps.pause.milliseconds)
            }
            dealt += batch.moves.count
            try transaction.insert(row, of: operation)
            for move in batch.moves {
                guard let tenant = tenants[move.tenant] else {
                    preconditionFailure("a planned tenant is moving")
                }
                try transaction.insert(
                    Move(
                        tenant: move.tenant, batch: batch.number, source: source, target: move.target,
                        load: move.load, dedicated: tenant.placement.dedicated, epoch: tenant.epoch),
                    of: operation)
            }
        }
        for move in moves {
            var batch = open.removeValue(forKey: move.source) ?? (number: 0, moves: [])
            if batch.number == 0 {
                number += 1
                batch.number = number
            }
            batch.moves.append(move)
            if batch.moves.count == operation.options.batchSize {
                try close(move.source, batch)
            } else {
                open[move.source] = batch
            }
        }
        for (source, batch) in open.sorted(by: { $0.value.number < $1.value.number }) {
            try close(source, batch)
        }
    }

    private func checkMoving(_ start: MigrationStart) throws {
        guard start.tenants.count <= Limits.movesPerOperationMax else {
            throw RegistryError(
                .invalidArgument,
                "This would move \(start.tenants.count) tenants; one operation moves at most \(Limits.movesPerOperationMax).",
                nextSteps: ["move them in parts: cell by cell, or by a label"])
        }
        guard start.options.onStragglers != .force || !transaction.context.reason.isEmpty else {
            throw RegistryError(
                .invalidArgument, "To go on without the barrier needs a reason, which is kept.",
                errors: [FieldError("reason", "is required where 'onStragglers' is 'force'")])
        }
        let pinned = start.tenants.filter(\.pinned)
        guard pinned.isEmpty || start.options.includePinned else {
            throw RegistryError(
                .stateConflict, "\(pinned.count) of the tenants are pinned to their cell.",
                blockers: pinned.prefix(Limits.blockersShownMax).map {
                    Blocker(kind: "tenant", id: $0.id.rawValue, message: "is pinned to '\($0.cell)'")
                },
                nextSteps: ["send \"includePinned\": true", "unpin them: PATCH /v1/tenants/{tenant}"])
        }
    }
}

extension Outcome {
    /// What a dry run shows of work that would be refused, because not everything fits.
    init(refusing plan: MovePlan, at revision: Revision) {
        self.init(created: false, shown: [:], revision: revision, previous: .zero)
        isRefused = true
        self.plan = plan.shown()
    }

    /// Long work has begun.
    init(accepting operation: Operation, plan: MovePlan? = nil) {
        self.init(
            created: false, shown: operation.shown(), revision: operation.revision, previous: .zero)
        isAccepted = true
        location = "/v1/operations/\(operation.id)"
        self.plan = plan?.shown()
    }
}

extension Change {
    /// Plans more moves for an operation under way; one that failed before is tried again.
    func extend(_ operation: Operation, by moves: [PlannedMove], _ start: MigrationStart) throws {
        let again = try transaction.forget(moves.map(\.tenant), of: operation)
        let last = try transaction.batches(of: operation, limit: Int.max).last?.number ?? 0
        try transaction.grow(operation.number, total: Int64(moves.count - again), failed: Int64(-again))
        try insert(moves, of: operation, after: last, from: start)
        try transaction.log(operation.number, "planned \(moves.count) more moves")
    }
}
