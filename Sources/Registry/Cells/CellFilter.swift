/// What a list of cells is narrowed by; nil asks nothing.
public struct CellFilter: Sendable, Equatable {
    public var zone: String?
    public var state: CellState?
    public var schedulable: Bool?
    public var labels: [String: String]

    public init(
        zone: String? = nil, state: CellState? = nil, schedulable: Bool? = nil, labels: [String: String] = [:]
    ) {
        self.zone = zone
        self.state = state
        self.schedulable = schedulable
        self.labels = labels
    }
}
