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
