/// A cell that takes part in a rebalance, as it will be once the moves planned so far are done.
struct BalancedCell {
    /// A cell that gives takes nothing in the same plan, and the other way round.
    enum Role { case neither, gives, takes }

    /// Among the planner's cells.
    let index: Int
    let capacity: Int64
    /// In units.
    var load: Int64
    /// The loads at the two edges of the band, in whole units.
    let lowest: Int64
    let highest: Int64
    let mean: Double
    var role = Role.neither
    /// Those that may move, the lightest first; of equal ones by name.
    var tenants: [MovingTenant] = []

    /// - Parameter mean: the load and the capacity of all cells that take part.
    init(index: Int, cell: PlacementPolicy.Candidate, mean: (load: Int64, capacity: Int64), band: Percentage)
    {
        self.index = index
        capacity = cell.capacity
        load = cell.load
        self.mean = Double(mean.load) / Double(mean.capacity)
        // Exact: the products stay below 2^113.
        let unit = Int128(mean.capacity) * 10_000
        let middle = Int128(mean.load) * 10_000
        let width = Int128(band.basisPoints) * Int128(mean.capacity)
        let above = Int128(capacity) * (middle + width) / unit
        let below = (Int128(capacity) * max(0, middle - width) + unit - 1) / unit
        if below <= above {
            (lowest, highest) = (Int64(below), Int64(above))
        } else {
            // The band holds no whole unit: the ones on both sides of the mean will do.
            lowest = Int64(Int128(capacity) * middle / unit)
            highest = lowest + 1
        }
    }

    var utilisation: Double { Double(load) / Double(capacity) }
    var deviation: Double { abs(utilisation - mean) }
    /// Units that it must give, or take, to come into the band.
    var excess: Int64 { max(0, load - highest) }
    var lack: Int64 { max(0, lowest - load) }
    var isWithinBand: Bool { excess == 0 && lack == 0 }

    /// How far from the mean it is with so much more or less load.
    func deviation(adding units: Int64) -> Double {
        abs(Double(load + units) / Double(capacity) - mean)
    }

    /// The position of the first tenant that weighs at least so much.
    func firstTenant(weighing load: Int64) -> Int {
        var range = tenants.startIndex..<tenants.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                tenants[middle].load < load
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }
}
