import JSON
import Registry
import Store

extension Change {
    /// Adds a tenant, placed where it says or where the policy chooses, or replaces what is there but for its cell.
    public func putTenant(_ spec: TenantSpec) throws -> Outcome {
        let old = try transaction.tenant(spec.id)
        try check("tenant", spec.id, at: old?.revision)
        return try save(spec, replacing: old)
    }

    /// Applies an RFC 7396 merge patch.
    public func patchTenant(_ id: TenantID, _ patch: JSONValue) throws -> Outcome {
        guard let old = try transaction.tenant(id) else { throw notFound("tenant", id) }
        try check("tenant", id, at: old.revision)
        let document = old.tenant.document.applyingMergePatch(patch)
        return try save(try TenantSpec(document: document, id: id), replacing: old)
    }

    public func deleteTenant(_ id: TenantID) throws -> Outcome {
        guard let old = try transaction.tenant(id) else { throw notFound("tenant", id) }
        try check("tenant", id, at: old.revision)
        _ = try old.tenant.state.after(.delete)
        try checkAtRest(id)
        try transaction.delete(old)
        return .deleted(id.rawValue, at: transaction.revision(), previous: old.revision)
    }

    public func move(tenant id: TenantID, by event: TenantEvent) throws -> Outcome {
        precondition(event != .delete, "a deletion has no tenant to show: deleteTenant")
        guard let old = try transaction.tenant(id) else { throw notFound("tenant", id) }
        try check("tenant", id, at: old.revision)
        var tenant = old.tenant
        guard let state = try tenant.state.after(event) else {
            preconditionFailure("only a deletion ends without a tenant")
        }
        if state != tenant.state { try checkAtRest(id) }
        tenant.state = state
        return outcome(of: try write(tenant, replacing: old), replacing: old)
    }

    func importTenant(_ spec: TenantSpec) throws -> ImportedLine {
        let old = try transaction.tenant(spec.id)
        let saved = try record(of: spec, replacing: old)
        return old == nil ? .created : saved.revision == old?.revision ? .unchanged : .updated
    }

    func save(_ spec: TenantSpec, replacing old: TenantRecord?) throws -> Outcome {
        outcome(of: try record(of: spec, replacing: old), replacing: old)
    }

    private func record(of spec: TenantSpec, replacing old: TenantRecord?) throws -> TenantRecord {
        try checkHosts(spec)
        var tenant: Tenant
        if let old {
            try TenantRules.check(replacing: old.tenant, with: spec)
            tenant = old.tenant
            // A move has reserved room for what the tenant was when it was planned.
            if spec.load != tenant.load || spec.pinned != tenant.pinned || spec.placement != tenant.placement
            {
                try checkAtRest(spec.id)
            }
            if spec.load > tenant.load { try checkRoom(for: spec, on: tenant.cell, now: tenant.load) }
            if spec.placement.dedicated, !tenant.placement.dedicated { try checkAlone(spec, on: tenant.cell) }
        } else {
            let epoch = try TenantRules.firstEpoch(of: spec, after: try transaction.lastEpoch(of: spec.id))
            let state = try TenantRules.firstState(of: spec)
            tenant = Tenant(id: spec.id, cell: try place(spec), epoch: epoch, state: state)
        }
        tenant.hosts = spec.hosts
        tenant.load = spec.load
        tenant.pinned = spec.pinned
        tenant.placement = spec.placement
        tenant.labels = spec.labels
        return try write(tenant, replacing: old)
    }

    /// Writes nothing where there is nothing new.
    private func write(_ tenant: Tenant, replacing old: TenantRecord?) throws -> TenantRecord {
        if let old, old.tenant == tenant { return old }
        return try transaction.save(tenant, replacing: old)
    }

    private func outcome(of saved: TenantRecord, replacing old: TenantRecord?) -> Outcome {
        Outcome(
            created: old == nil, shown: saved.shown, revision: saved.revision,
            previous: old?.revision ?? .zero)
    }

    private func checkHosts(_ spec: TenantSpec) throws {
        for (index, host) in spec.hosts.enumerated() {
            guard let holder = try transaction.holder(ofHost: host), holder != spec.id else { continue }
            throw RegistryError(
                .hostTaken, "The host '\(host)' belongs to the tenant '\(holder)'.",
                errors: [FieldError("hosts[\(index)]", "belongs to the tenant '\(holder)'")],
                blockers: [Blocker(kind: "tenant", id: holder.rawValue, message: "has the host '\(host)'")],
                nextSteps: ["take it from '\(holder)' first: PATCH /v1/tenants/\(holder)"])
        }
    }

    /// The named cell, if nothing speaks against it, or the policy's choice.
    private func place(_ spec: TenantSpec) throws -> CellID {
        let ledger = try transaction.ledger()
        let question = try transaction.question(about: spec.id, load: spec.load, spec.placement)
        guard let named = spec.cell else {
            guard let choice = ledger.candidates.choose(for: question) else {
                throw Self.notPlaceable(question, among: ledger.cells)
            }
            return ledger.cells[choice].id
        }
        guard let cell = ledger.candidate(named) else {
            throw RegistryError(
                .notPlaceable, "There is no cell '\(named)'.", errors: [FieldError("cell", "names no cell")],
                nextSteps: ["register it: PUT /v1/cells/\(named)", "leave 'cell' out to have one chosen"])
        }
        let objections = PlacementPolicy.objections(to: cell, for: question)
        guard objections.isEmpty else {
            throw RegistryError(
                .notPlaceable,
                "The cell '\(named)' can't take the tenant '\(spec.id)': \(objections.map(\.message).joined(separator: "; ")).",
                errors: [FieldError("cell", "can't take the tenant")],
                blockers: objections.map { Blocker(kind: "cell", id: named.rawValue, message: $0.message) },
                nextSteps: [
                    "leave 'cell' out to have one chosen",
                    "POST /v1/placement:simulate shows each cell's verdict",
                ])
        }
        return named
    }

    private static func notPlaceable(
        _ question: PlacementPolicy.Question, among cells: [PlacementPolicy.Candidate]
    ) -> RegistryError {
        let shown = cells.prefix(20).map { cell in
            Blocker(
                kind: "cell", id: cell.id.rawValue,
                message: PlacementPolicy.objections(to: cell, for: question).map(\.message).joined(
                    separator: "; "))
        }
        return RegistryError(
            .notPlaceable,
            cells.isEmpty
                ? "There is no cell to place the tenant '\(question.tenant)' on."
                : "None of the \(cells.count) cells can take the tenant '\(question.tenant)'.",
            blockers: Array(shown),
            nextSteps: [
                "POST /v1/placement:simulate shows each cell's verdict",
                "add or activate a cell with headroom",
            ])
    }

    private func checkRoom(for spec: TenantSpec, on cell: CellID, now load: Int64) throws {
        guard let candidate = try transaction.ledger().candidate(cell) else {
            preconditionFailure("a placed tenant's cell is in the ledger")
        }
        let headroom = candidate.capacity - candidate.load - candidate.reserved
        guard spec.load - load > headroom else { return }
        throw RegistryError(
            .notPlaceable,
            "The cell '\(cell)' has a headroom of \(headroom) units: the tenant can't grow from \(load) to \(spec.load).",
            errors: [FieldError("load", "must be at most \(load + headroom)")],
            blockers: [
                Blocker(kind: "cell", id: cell.rawValue, message: "has a headroom of \(headroom) units")
            ],
            nextSteps: ["raise the cell's capacity", "move the tenant to a cell with headroom"])
    }

    private func checkAlone(_ spec: TenantSpec, on cell: CellID) throws {
        guard let candidate = try transaction.ledger().candidate(cell),
            candidate.tenants + candidate.incoming > 1
        else { return }
        throw RegistryError(
            .notPlaceable,
            "The cell '\(cell)' has \(candidate.tenants + candidate.incoming) tenants: it can't become this one's alone.",
            errors: [FieldError("placement.dedicated", "can't become true on a shared cell")],
            nextSteps: ["move the tenant to an empty cell"])
    }
}

extension ReadTransaction {
    /// What the policy is asked about a tenant, with the cells that anti-affinity keeps it from.
    public func question(
        about tenant: TenantID, load: Int64, _ constraints: PlacementConstraints, current: CellID? = nil
    ) throws -> PlacementPolicy.Question {
        PlacementPolicy.Question(
            tenant: tenant, load: load, constraints: constraints,
            avoided: try cellsAvoided(by: tenant, avoiding: constraints.avoidTenants), current: current)
    }
}
