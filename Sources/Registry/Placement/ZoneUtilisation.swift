/// Load and capacity of each zone's active cells. A handful of zones: a scan beats a dictionary, and this is made for
/// each tenant of an import, or kept along a plan. Nothing is copied out of the cells, for each copy counts references.
public struct ZoneUtilisation: Sendable {
    private var sums: [(zone: String, load: Int64, capacity: Int64)] = []

    public init(of cells: [PlacementPolicy.Candidate]) {
        for index in cells.indices where cells[index].state == .active {
            let position = position(of: cells[index].zone)
            if position == sums.endIndex { sums.append((cells[index].zone, 0, 0)) }
            sums[position].load += cells[index].load + cells[index].reserved
            sums[position].capacity += cells[index].capacity
        }
    }

    /// Counts load that comes onto an active cell of the zone.
    mutating func add(_ load: Int64, to zone: String) {
        let position = position(of: zone)
        if position < sums.endIndex { sums[position].load += load }
    }

    subscript(zone: String) -> (load: Int64, capacity: Int64) {
        let position = position(of: zone)
        return position == sums.endIndex ? (0, 0) : (sums[position].load, sums[position].capacity)
    }

    private func position(of zone: String) -> Int {
        var position = 0
        while position < sums.endIndex, sums[position].zone != zone { position += 1 }
        return position
    }
}
