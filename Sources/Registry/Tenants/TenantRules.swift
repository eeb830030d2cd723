/// What may be done to a tenant that exists.
public enum TenantRules {
    /// - Throws: `moveRequired` for another cell; `stateConflict` for another state or epoch.
    public static func check(replacing old: Tenant, with spec: TenantSpec) throws(RegistryError) {
        if let cell = spec.cell, cell != old.cell {
            throw RegistryError(
                .moveRequired,
                "The tenant '\(old.id)' is on the cell '\(old.cell)': a write of it can't put it on '\(cell)', because "
                    + "both cells would take its orders until every gateway knows.",
                errors: [FieldError("cell", "must be '\(old.cell)' or be left out")],
                nextSteps: ["POST /v1/tenants/\(old.id):move with {\"to\":\"\(cell)\"}"])
        }
        if let state = spec.state, state != old.state {
            throw RegistryError(
                .stateConflict,
                "The tenant '\(old.id)' is \(old.state.rawValue): a write of it can't change that.",
                errors: [FieldError("state", "must be '\(old.state.rawValue)' or be left out")],
                nextSteps: ["POST /v1/tenants/\(old.id):suspend or :resume"])
        }
        if let epoch = spec.epoch, epoch != old.epoch {
            throw RegistryError(
                .stateConflict, "The tenant '\(old.id)' is at epoch \(old.epoch): only a cutover changes it.",
                errors: [FieldError("epoch", "must be \(old.epoch) or be left out")],
                nextSteps: ["leave 'epoch' out"])
        }
    }

    /// The epoch of a tenant that is added: above every epoch that a cell may have seen of the same name before.
    ///
    /// - Parameter last: the epoch of a tenant of that name that was deleted; nil if there never was one.
    /// - Throws: `invalidArgument` where the spec's own is not above it, or past `Limits.firstEpochMax`.
    public static func firstEpoch(of spec: TenantSpec, after last: Epoch?) throws(RegistryError) -> Epoch {
        let least = last?.next ?? .first
        guard let epoch = spec.epoch else { return least }
        guard epoch >= least else {
            throw RegistryError(
                .stateConflict, "A tenant '\(spec.id)' was here before, up to epoch \(least.rawValue - 1).",
                errors: [FieldError("epoch", "must be at least \(least) or be left out")],
                nextSteps: ["leave 'epoch' out"])
        }
        guard epoch <= max(least, Epoch(rawValue: Limits.firstEpochMax)) else {
            throw RegistryError(
                .invalidArgument, "The epoch \(epoch) leaves too few above it for the tenant's moves.",
                errors: [FieldError("epoch", "must be at most \(Limits.firstEpochMax) or be left out")])
        }
        return epoch
    }

    /// A new tenant serves, or is brought in suspended; the states of a move are none to begin with.
    public static func firstState(of spec: TenantSpec) throws(RegistryError) -> TenantState {
        let state = spec.state ?? .serving
        guard state == .serving || state == .suspended else {
            throw RegistryError(
                .stateConflict, "A new tenant can't be \(state.rawValue).",
                errors: [FieldError("state", "must be 'serving' or 'suspended' for a new tenant")],
                nextSteps: ["leave 'state' out: a move shows the other states by itself"])
        }
        return state
    }
}
