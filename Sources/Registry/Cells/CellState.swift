/// Where a cell stands in its life.
public enum CellState: String, Sendable, CaseIterable {
    /// Registered, not yet serving: no tenant is placed on it.
    case provisioning
    /// Serves tenants; takes new ones while `schedulable`.
    case active
    /// Being emptied: keeps serving what is left, takes nothing new.
    case draining
    /// Observed empty; takes nothing new.
    case drained
    /// Gone for good; the row stays for history.
    case retired
}

/// What is done to a cell.
public enum CellEvent: String, Sendable, CaseIterable {
    case activate
    case cordon
    case uncordon
    case drain
    case undrain
    /// Zero tenants, and every live gateway knows it.
    case observedEmpty
    case retire
    case delete
}

/// The part of a cell that its life is about.
public struct CellLife: Sendable, Equatable {
    public var state: CellState
    public var schedulable: Bool

    public init(_ state: CellState, schedulable: Bool) {
        self.state = state
        self.schedulable = schedulable
    }

    /// What the cell is after the event; the same again where it already is so, for a repeated request must not fail.
    ///
    /// Nil after `delete`. Whether tenants forbid the step is not decided here: `CellRules` does.
    ///
    /// - Throws: `stateConflict`, naming what would be allowed.
    public func after(_ event: CellEvent) throws(RegistryError) -> CellLife? {
        switch (state, event) {
        case (.provisioning, .activate), (.active, .activate), (.active, .undrain):
            return CellLife(.active, schedulable: schedulable)
        case (.drained, .activate), (.draining, .undrain), (.drained, .undrain):
            return CellLife(.active, schedulable: true)

        case (.provisioning, .cordon), (.active, .cordon), (.draining, .cordon), (.drained, .cordon):
            return CellLife(state, schedulable: false)
        case (.provisioning, .uncordon), (.active, .uncordon):
            return CellLife(state, schedulable: true)

        case (.active, .drain), (.draining, .drain):
            return CellLife(.draining, schedulable: false)
        case (.draining, .observedEmpty), (.drained, .observedEmpty):
            return CellLife(.drained, schedulable: false)

        case (.provisioning, .retire), (.drained, .retire), (.retired, .retire):
            return CellLife(.retired, schedulable: false)
        case (.active, .retire) where !schedulable:
            return CellLife(.retired, schedulable: false)
        case (.provisioning, .delete), (.retired, .delete):
            return nil

        case (.draining, .activate):
            throw refused(event, "it is being drained", "undrain it first")
        case (.draining, .uncordon), (.drained, .uncordon):
            throw refused(event, "a drain has cordoned it", "undrain or activate it")
        case (.active, .retire):
            throw refused(event, "it takes new tenants", "cordon it, and move its tenants away")
        case (.draining, .retire):
            throw refused(event, "its drain has not ended", "wait for the drain's operation")
        case (.active, .delete), (.draining, .delete), (.drained, .delete):
            throw refused(
                event, "only a cell that never served, or is retired, can be deleted", "retire it first")
        case (.drained, .drain):
            throw refused(
                event, "no tenant is left on it", "retire it for good, or undrain it to let it serve again")
        case (.provisioning, .drain), (.provisioning, .undrain):
            throw refused(event, "it has not served yet", "activate it first, or delete it")
        case (.provisioning, .observedEmpty), (.active, .observedEmpty):
            throw refused(event, "it is not being drained", "drain it first")
        case (.retired, .activate), (.retired, .cordon), (.retired, .uncordon), (.retired, .drain),
            (.retired, .undrain), (.retired, .observedEmpty):
            throw refused(event, "it is retired for good", "register a new cell under another name")
        }
    }

    private func refused(_ event: CellEvent, _ why: String, _ next: String) -> RegistryError {
        RegistryError(
            .stateConflict, "The cell is \(state.rawValue) and can't take '\(event.rawValue)': \(why).",
            nextSteps: [next])
    }
}
