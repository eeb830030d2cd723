/// Load and capacity of each zone's active cells. A handful of zones: a scan beats a dictionary, and this is made for
/// each tenant of an import, or kept along a plan.
public struct ZoneUtilisation: Sendable {
    private var sums: [(zone: String, load: Int64, capacity: Int64)] = []

    public init(of cells: [PlacementPolicy.Candidate]) {
        for cell in cells where cell.state == .active {
            let position = sums.firstIndex { $0.zone == cell.zone } ?? sums.endIndex
            if position == sums.endIndex { sums.append((cell.zone, 0, 0)) }
            sums[position].load += cell.load
            sums[position].capacity += cell.capacity
        }
    }

    /// Counts load that comes onto an active cell of the zone.
    mutating func add(_ load: Int64, to zone: String) {
        guard let position = sums.firstIndex(where: { $0.zone == zone }) else { return }
        sums[position].load += load
    }

    subscript(zone: String) -> (load: Int64, capacity: Int64) {
        sums.first { $0.zone == zone }.map { ($0.load, $0.capacity) } ?? (0, 0)
    }
}
