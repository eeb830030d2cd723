/// What a gateway is told of a cell.
public struct RoutedCell: Sendable, Equatable {
    public var zone: String
    public var state: CellState
    /// Service name to `host:port`.
    public var endpoints: [String: String]

    public init(zone: String, state: CellState, endpoints: [String: String]) {
        self.zone = zone
        self.state = state
        self.endpoints = endpoints
    }
}

/// What a gateway is told of a tenant. The table leaves `state` out while it is `serving`.
public struct RoutedTenant: Sendable, Equatable {
    public var cell: CellID
    public var epoch: Epoch
    public var state: TenantState

    public init(cell: CellID, epoch: Epoch, state: TenantState) {
        self.cell = cell
        self.epoch = epoch
        self.state = state
    }
}

/// One committed change of what gateways see, in the order of revisions. Several may share a revision.
public enum RoutingChange: Sendable, Equatable {
    /// Nil: the cell is gone from the table.
    case cell(CellID, RoutedCell?)
    /// Nil: the tenant is gone. `hostsBefore` and `hostsAfter` are all that it had and has, normalised; where the change
    /// leaves them alone both may be empty.
    case tenant(TenantID, RoutedTenant?, hostsBefore: [String], hostsAfter: [String])
}
