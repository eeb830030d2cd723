import JSON
import Registry
import Store

extension Change {
    /// Begins to move the tenants that the request names or selects.
    public func startMigration(_ request: MigrationRequest) throws -> Outcome {
        let tenants = try tenants(of: request)
        var targets: [TenantID: CellID] = [:]
        if let to = request.to {
            guard try transaction.cell(to) != nil else {
                throw RegistryError(
                    .notPlaceable, "There is no cell '\(to)'.", errors: [FieldError("to", "names no cell")],
                    nextSteps: [
                        "GET /v1/cells lists those there are", "leave 'to' out: the placement policy chooses",
                    ])
            }
            for tenant in tenants { targets[tenant.id] = to }
        }
        return try start(
            MigrationStart(
                kind: .migration,
                resource: request.tenants.count == 1
                    ? "/v1/tenants/\(request.tenants[0])"
                    : request.from.map { "/v1/cells/\($0)" } ?? "/v1/tenants",
                options: request.options, asked: request.asked, tenants: tenants, targets: targets))
    }

    /// The short form, for one tenant: the condition is the tenant's own revision.
    public func move(_ id: TenantID, _ request: MigrationRequest) throws -> Outcome {
        guard let old = try transaction.tenant(id) else { throw notFound("tenant", id) }
        try check("tenant", id, at: old.revision)
        return try startMigration(request)
    }

    private func tenants(of request: MigrationRequest) throws -> [Tenant] {
        var tenants: [Tenant] = []
        if request.tenants.isEmpty {
            if let cell = request.from {
                guard try transaction.cell(cell) != nil else { throw notFound("cell", cell) }
                tenants = try transaction.tenantsAtRest(on: cell)
            } else {
                try transaction.forEachTenant(TenantFilter()) { record in
                    let matches = request.labels.allSatisfy { record.tenant.labels[$0.key] == $0.value }
                    if matches { tenants.append(record.tenant) }
                }
                tenants = try tenants.filter { tenant in
                    try tenant.cell != request.to && transaction.mover(of: tenant.id) == nil
                }
            }
            return tenants.filter { tenant in
                request.labels.allSatisfy { tenant.labels[$0.key] == $0.value }
            }
        }
        for (index, id) in request.tenants.enumerated() {
            guard let tenant = try transaction.tenant(id)?.tenant else {
                throw RegistryError(
                    .notFound, "There is no tenant '\(id)'.",
                    errors: [FieldError("tenants[\(index)]", "names no tenant")],
                    nextSteps: ["leave it out", "GET /v1/tenants lists those there are"])
            }
            guard tenant.cell != request.to else {
                throw RegistryError(
                    .stateConflict, "The tenant '\(id)' is on the cell '\(tenant.cell)' already.",
                    errors: [FieldError("to", "is where '\(id)' is already")],
                    nextSteps: ["leave the tenant out", "name another cell, or leave 'to' out"])
            }
            try checkAtRest(tenant.id)
            tenants.append(tenant)
        }
        if request.options.includePinned { return tenants }
        // Who names a pinned tenant means it.
        return tenants.map { tenant in
            var tenant = tenant
            tenant.pinned = false
            return tenant
        }
    }

    /// - Throws: `inUse` where an operation moves the tenant.
    func checkAtRest(_ tenant: TenantID) throws {
        guard let operation = try transaction.mover(of: tenant) else { return }
        throw RegistryError(
            .inUse, "The tenant '\(tenant)' is being moved by the operation '\(operation)'.",
            blockers: [Blocker(kind: "operation", id: operation.rawValue, message: "moves the tenant")],
            nextSteps: [
                "wait for it: GET /v1/operations/\(operation):wait",
                "POST /v1/operations/\(operation):cancel",
            ])
    }

    /// Begins to move back what an earlier migration has moved, within its window. Cells that it drained serve again.
    ///
    /// - Parameter document: options; what is left out is as the earlier migration had it.
    public func reverse(_ id: OperationID, _ document: JSONValue) throws -> Outcome {
        guard let old = try transaction.operation(id) else { throw notFound("migration", id) }
        try check("migration", id, at: old.revision)
        guard old.kind != .reversal else {
            throw RegistryError(
                .stateConflict, "The migration '\(id)' is a reversal, which can't be reversed.",
                nextSteps: ["move the tenants again: POST /v1/migrations"])
        }
        guard old.life.state.isDone else {
            throw RegistryError(
                .stateConflict, "The migration '\(id)' has not ended.",
                nextSteps: ["POST /v1/migrations/\(id):cancel first; what was moved by then can be reversed"])
        }
        let batches = try transaction.batches(of: old, limit: Int.max)
        let open = batches.filter { $0.state == .reversible }
        if open.isEmpty, batches.contains(where: { $0.state == .reversing || $0.state == .reversed }) {
            throw try reversedAlready(old)
        }
        let numbers = Set(open.map(\.number))
        var reversed: Set<Int64> = []
        var tenants: [Tenant] = []
        var targets: [TenantID: CellID] = [:]
        for move in try transaction.moves(of: old, state: .moved, limit: Int.max)
        where numbers.contains(move.batch) {
            guard let tenant = try transaction.tenant(move.tenant)?.tenant, tenant.cell == move.target,
                tenant.epoch == move.epoch.next
            else { continue }
            try checkAtRest(tenant.id)
            tenants.append(tenant)
            targets[tenant.id] = move.source
            reversed.insert(move.batch)
        }
        guard !tenants.isEmpty else {
            throw RegistryError(
                .stateConflict,
                "Nothing of the migration '\(id)' can be reversed: its window is over, or its tenants have moved on.",
                nextSteps: ["move them: POST /v1/migrations with \"to\""])
        }
        var standard = old.options
        standard.includePinned = true
        standard.reverseWindow = .zero
        standard.override = nil
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        let options = MigrationOptions(
            from: reader, standard: standard, except: ["includePinned", "reverseWindow"])
        try reader.finish()
        for leaving in old.leaving { try giveBack(leaving) }
        // One whose tenants have all moved on has nothing to take back.
        for batch in open where reversed.contains(batch.number) {
            _ = try take(Step(event: .reverse), of: batch, in: old)
        }
        return try start(
            MigrationStart(
                kind: .reversal, resource: "/v1/migrations/\(id)", options: options, reverses: id,
                tenants: tenants,
                targets: targets))
    }

    /// Names the reversal, or the restoration of the zone, that has brought the tenants back or is at it.
    private func reversedAlready(_ old: Operation) throws -> RegistryError {
        let later = try [
            OperationFilter(kind: .reversal, resource: "/v1/migrations/\(old.id)"),
            OperationFilter(kind: .restoration, resource: old.resource),
        ].flatMap { try transaction.operations($0, before: .max, limit: 100) }
        guard let by = later.filter({ $0.reverses == old.id }).max(by: { $0.number < $1.number }) else {
            return RegistryError(
                .stateConflict, "The migration '\(old.id)' was reversed already.",
                nextSteps: ["move the tenants again: POST /v1/migrations"])
        }
        let isDone = by.life.state.isDone
        return RegistryError(
            .stateConflict,
            "The migration '\(old.id)' \(isDone ? "was" : "is being") reversed already, by '\(by.id)'.",
            blockers: [Blocker(kind: "operation", id: by.id.rawValue, message: "takes the migration back")],
            nextSteps: isDone
                ? [
                    "GET /v1/operations/\(by.id) shows what it did",
                    "move the tenants again: POST /v1/migrations",
                ]
                : ["wait for it: GET /v1/operations/\(by.id):wait"])
    }
}
