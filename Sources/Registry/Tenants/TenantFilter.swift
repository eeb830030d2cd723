/// What a list of tenants is narrowed by; nil asks nothing.
public struct TenantFilter: Sendable, Equatable {
    public var cell: CellID?
    public var state: TenantState?
    public var pinned: Bool?
    public var labels: [String: String]

    public init(
        cell: CellID? = nil, state: TenantState? = nil, pinned: Bool? = nil, labels: [String: String] = [:]
    ) {
        self.cell = cell
        self.state = state
        self.pinned = pinned
        self.labels = labels
    }
}
