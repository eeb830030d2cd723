/// A tenant that has to leave its cell, with all that its next cell depends on.
public struct MovingTenant: Sendable {
    public var tenant: TenantID
    /// In load units.
    public var load: Int64
    /// The cell it is on.
    public var source: CellID
    public var constraints: PlacementConstraints
    /// Kept from rebalances; whoever else plans with it has decided that it moves.
    public var pinned: Bool
    /// The tenants that it avoids or that avoid it, and the cells they are on.
    public var peers: [TenantID: CellID]

    public init(
        tenant: TenantID, load: Int64, source: CellID,
        constraints: PlacementConstraints = PlacementConstraints(), pinned: Bool = false,
        peers: [TenantID: CellID] = [:]
    ) {
        self.tenant = tenant
        self.load = load
        self.source = source
        self.constraints = constraints
        self.pinned = pinned
        self.peers = peers
    }

    /// Any cell with room will do.
    public var asksNothing: Bool { peers.isEmpty && constraints.asksNothing }

    /// The order in which a plan places its tenants, so that most of them fit: those that want a cell for themselves,
    /// those with other wishes, all others; of each the heaviest first; then by name, so that it is always the same.
    public static func isPlacedBefore(_ a: MovingTenant, _ b: MovingTenant) -> Bool {
        let ranks = (a.rank, b.rank)
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 }
        return a.load == b.load ? a.tenant < b.tenant : a.load > b.load
    }

    private var rank: Int { constraints.dedicated ? 0 : asksNothing ? 2 : 1 }
}

/// A tenant, and where it goes.
public struct PlannedMove: Sendable, Equatable {
    public var tenant: TenantID
    /// In load units.
    public var load: Int64
    public var source: CellID
    public var target: CellID

    public init(tenant: TenantID, load: Int64, source: CellID, target: CellID) {
        self.tenant = tenant
        self.load = load
        self.source = source
        self.target = target
    }
}
