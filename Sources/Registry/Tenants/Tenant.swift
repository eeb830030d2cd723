/// The customer that is placed, and moved, whole.
public struct Tenant: Sendable, Equatable {
    public var id: TenantID
    /// Host names that reach it, normalised (`Host`), no two tenants share one; in the order given.
    public var hosts: [String]
    /// What it weighs on its cell, in load units.
    public var load: Int64
    public var cell: CellID
    public var epoch: Epoch
    public var state: TenantState
    /// True: no drain of convenience, no rebalance moves it.
    public var pinned: Bool
    public var placement: PlacementConstraints
    public var labels: [String: String]

    public init(
        id: TenantID, hosts: [String] = [], load: Int64 = 1, cell: CellID, epoch: Epoch = .first,
        state: TenantState = .serving, pinned: Bool = false,
        placement: PlacementConstraints = PlacementConstraints(), labels: [String: String] = [:]
    ) {
        self.id = id
        self.hosts = hosts
        self.load = load
        self.cell = cell
        self.epoch = epoch
        self.state = state
        self.pinned = pinned
        self.placement = placement
        self.labels = labels
    }

    public var routed: RoutedTenant { RoutedTenant(cell: cell, epoch: epoch, state: state) }
}

/// What a request says of a tenant, before the registry has decided the rest.
public struct TenantSpec: Sendable, Equatable {
    public var id: TenantID
    public var hosts: [String]
    public var load: Int64
    /// Nil: the placement policy chooses for a new tenant, and an existing one stays.
    public var cell: CellID?
    /// Nil: decided by the registry. Given where an export is taken back, so that a cell's fence still holds.
    public var epoch: Epoch?
    public var state: TenantState?
    public var pinned: Bool
    public var placement: PlacementConstraints
    public var labels: [String: String]
}

/// A tenant as the store has it.
public struct TenantRecord: Sendable, Equatable {
    public var tenant: Tenant
    public var revision: Revision
    public var createdAt: Timestamp
    public var updatedAt: Timestamp

    public init(tenant: Tenant, revision: Revision, createdAt: Timestamp, updatedAt: Timestamp) {
        self.tenant = tenant
        self.revision = revision
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}
