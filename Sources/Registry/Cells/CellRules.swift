/// What may be done to a cell, beside its state machine: rules that need to know what is on it.
public enum CellRules {
    /// A replacement of everything but the state, which only actions change.
    ///
    /// - Throws: `stateConflict` where the state differs, forbids an uncordon or is the last; `inUse` where tenants
    ///   forbid it.
    public static func check(replacing old: CellRecord, with new: Cell) throws(RegistryError) {
        guard old.cell.state != .retired else {
            throw RegistryError(
                .stateConflict, "The cell '\(new.id)' is retired for good.",
                nextSteps: ["register a new cell under another name"])
        }
        guard new.state == old.cell.state else {
            throw RegistryError(
                .stateConflict,
                "The cell '\(new.id)' is \(old.cell.state.rawValue): a write of it can't make it \(new.state.rawValue).",
                errors: [FieldError("state", "must be '\(old.cell.state.rawValue)' or be left out")],
                nextSteps: ["POST /v1/cells/\(new.id):activate, :cordon, :uncordon, :drain or :retire"])
        }
        guard !new.schedulable || new.state == .provisioning || new.state == .active else {
            throw RegistryError(
                .stateConflict, "The cell '\(new.id)' is \(new.state.rawValue), which cordons it.",
                errors: [FieldError("schedulable", "must be false or be left out")],
                nextSteps: ["undrain or activate it first"])
        }
        guard new.zone == old.cell.zone || old.tenants + old.incoming == 0 else {
            throw RegistryError(
                .inUse,
                "The cell '\(new.id)' has \(old.tenants) tenants and awaits \(old.incoming), placed for its zone '\(old.cell.zone)'.",
                errors: [FieldError("zone", "can't change while the cell has tenants")],
                nextSteps: ["move its tenants away first", "register the new zone's cell under another name"])
        }
        let taken = old.load + old.reserved
        guard new.capacity >= taken else {
            throw RegistryError(
                .inUse,
                "The cell '\(new.id)' carries \(old.load) units and has \(old.reserved) reserved: its capacity can't become \(new.capacity).",
                errors: [FieldError("capacity", "must be at least load and reservations, \(taken)")],
                nextSteps: ["cordon the cell, so that it takes no more", "move tenants away first"])
        }
    }

    /// A new cell starts as `provisioning` or, where it already serves, as `active`.
    public static func check(adding cell: Cell) throws(RegistryError) {
        guard cell.state == .provisioning || cell.state == .active else {
            throw RegistryError(
                .stateConflict, "A new cell can't be \(cell.state.rawValue).",
                errors: [FieldError("state", "must be 'provisioning' or 'active' for a new cell")],
                nextSteps: [
                    "register it, and take it through its states by actions: POST /v1/cells/{cell}:drain"
                ])
        }
    }

    /// Events that would leave tenants without a cell.
    public static func check(_ event: CellEvent, on record: CellRecord) throws(RegistryError) {
        guard event == .retire || event == .delete || event == .observedEmpty else { return }
        guard record.incoming == 0 else {
            throw RegistryError(
                .inUse,
                "The cell '\(record.cell.id)' awaits \(record.incoming) tenants that are on their way to it.",
                blockers: [
                    Blocker(
                        kind: "cell", id: record.cell.id.rawValue,
                        message: "awaits \(record.incoming) tenants")
                ],
                nextSteps: [
                    "GET /v1/operations?state=running shows what moves them; wait for it or cancel it"
                ])
        }
        guard record.tenants > 0 else { return }
        throw RegistryError(
            .inUse, "The cell '\(record.cell.id)' still has \(record.tenants) tenants.",
            blockers: [
                Blocker(
                    kind: "cell", id: record.cell.id.rawValue, message: "serves \(record.tenants) tenants")
            ],
            nextSteps: [
                "GET /v1/tenants?cell=\(record.cell.id) shows them",
                "move them away: POST /v1/cells/\(record.cell.id):drain",
            ])
    }
}
