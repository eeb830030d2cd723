/// What the copier is asked to do, in this order; `undo` instead of what would follow, on the way out.
public enum MoverPhase: String, Sendable, CaseIterable {
    /// Makes room on the target; nothing that a tenant could see.
    case prepare
    /// Copies while the source serves.
    case copy
    /// Brings over what has changed since, until little is left; the source still serves.
    case catchUp
    /// Brings over the rest. The tenants' writes are refused meanwhile, so it is the one phase that must be quick.
    case finalCopy
    /// The way back is closed: the source's copy can go.
    case cleanup
    /// The tenants stay on the source: the target's copy must go.
    case undo
}
