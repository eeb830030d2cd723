/// The rule that picks a tenant's cell.
///
/// Feasible cells only; of those the one with the lowest utilisation once the tenant is on it; of equal ones the cell
/// in the zone that is least utilised; of equal ones by a hash of both names that never changes, so that the same
/// question always has the same answer and no cell is everybody's favourite.
public enum PlacementPolicy {
    /// What the policy knows of a cell.
    public struct Candidate: Sendable, Equatable {
        public var id: CellID
        public var zone: String
        public var state: CellState
        public var schedulable: Bool
        public var capacity: Int64
        public var load: Int64
        public var labels: [String: String]
        public var tenants: Int64
        /// The tenant that has the cell for itself.
        public var dedicatedTo: TenantID?
        /// Of the name; made once.
        let hash: UInt64

        public init(
            id: CellID, zone: String, state: CellState, schedulable: Bool, capacity: Int64, load: Int64,
            labels: [String: String], tenants: Int64, dedicatedTo: TenantID?
        ) {
            self.id = id
            self.zone = zone
            self.state = state
            self.schedulable = schedulable
            self.capacity = capacity
            self.load = load
            self.labels = labels
            self.tenants = tenants
            self.dedicatedTo = dedicatedTo
            hash = PlacementPolicy.stableHash(id.rawValue)
        }
    }

    /// The tenant to be placed.
    public struct Question: Sendable {
        public var tenant: TenantID
        public var load: Int64
        public var constraints: PlacementConstraints
        /// Cells that hold a tenant which this one avoids, or which avoids this one, with that tenant's name.
        public var avoided: [CellID: TenantID]
        /// The cell it is on already: it does not count against itself there.
        public var current: CellID?

        public init(
            tenant: TenantID, load: Int64, constraints: PlacementConstraints,
            avoided: [CellID: TenantID] = [:],
            current: CellID? = nil
        ) {
            self.tenant = tenant
            self.load = load
            self.constraints = constraints
            self.avoided = avoided
            self.current = current
        }
    }

    /// Everything that speaks against the cell; empty where it is feasible.
    public static func objections(to cell: Candidate, for question: Question) -> [Objection] {
        var found: [Objection] = []
        let isCurrent = cell.id == question.current
        if cell.state != .active { found.append(.notActive(cell.state)) }
        if !cell.schedulable { found.append(.cordoned) }
        let wanted = question.constraints
        if !wanted.zones.isEmpty, !wanted.zones.contains(cell.zone) { found.append(.zone(cell.zone)) }
        for (key, value) in wanted.matchLabels where cell.labels[key] != value {
            found.append(.label(key, wanted: value, found: cell.labels[key]))
        }
        if wanted.avoidCells.contains(cell.id) { found.append(.avoided) }
        if let other = question.avoided[cell.id] { found.append(.antiAffinity(other)) }
        if let holder = cell.dedicatedTo, holder != question.tenant { found.append(.dedicated(to: holder)) }
        if wanted.dedicated, cell.tenants > (isCurrent ? 1 : 0) { found.append(.notAlone(cell.tenants)) }
        let headroom = cell.capacity - load(on: cell, without: question)
        if headroom < question.load { found.append(.noHeadroom(max(0, headroom), needed: question.load)) }
        return found
    }

    /// The best of the feasible cells' indices; nil where no cell is feasible.
    ///
    /// Asked over 500 cells for each tenant of an import: what is cheap to see is looked at first, and a cell is
    /// read in place.
    public static func choose(among cells: [Candidate], for question: Question) -> Int? {
        let asksNothing = question.constraints == PlacementConstraints() && question.avoided.isEmpty
        var best: (load: Int64, capacity: Int64)?
        var ties: [Int] = []
        for index in cells.indices where cells[index].schedulable && cells[index].state == .active {
            var load = cells[index].load + question.load
            if let current = question.current, current == cells[index].id { load -= question.load }
            let capacity = cells[index].capacity
            guard load <= capacity else { continue }
            let order = best.map { compare(load, capacity, $0.load, $0.capacity) } ?? -1
            guard order <= 0,
                asksNothing && cells[index].dedicatedTo == nil
                    || objections(to: cells[index], for: question).isEmpty
            else { continue }
            if order < 0 { ties.removeAll(keepingCapacity: true) }
            best = (load, capacity)
            ties.append(index)
        }
        guard ties.count > 1 else { return ties.first }
        let zones = ZoneUtilisation(of: cells)
        let seed = stableHash(question.tenant.rawValue)
        var chosen: (index: Int, zone: (load: Int64, capacity: Int64), hash: UInt64)?
        for index in ties {
            let (zone, hash) = (zones[cells[index].zone], mixed(seed, cells[index].hash))
            if let chosen {
                let order = compare(zone.load, zone.capacity, chosen.zone.load, chosen.zone.capacity)
                guard order < 0 || order == 0 && hash < chosen.hash else { continue }
            }
            chosen = (index, zone, hash)
        }
        return chosen?.index
    }

    /// A cell's load, the tenant's own left out.
    private static func load(on cell: Candidate, without question: Question) -> Int64 {
        cell.id == question.current ? cell.load - question.load : cell.load
    }

    /// a/b against c/d without division: negative, zero or positive. A capacity of 0 counts as full.
    static func compare(_ a: Int64, _ b: Int64, _ c: Int64, _ d: Int64) -> Int {
        guard b > 0, d > 0 else { return (b > 0 ? 0 : 1) - (d > 0 ? 0 : 1) }
        let left = a.multipliedFullWidth(by: d)
        let right = c.multipliedFullWidth(by: b)
        if left.high != right.high { return left.high < right.high ? -1 : 1 }
        return left.low < right.low ? -1 : (left.low > right.low ? 1 : 0)
    }

    /// FNV-1a: Swift's own hashes differ from run to run.
    static func stableHash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The hash of a pair, from those of both (the finaliser of MurmurHash3).
    static func mixed(_ tenant: UInt64, _ cell: UInt64) -> UInt64 {
        var hash = tenant ^ (cell << 32 | cell >> 32)
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 33)
    }

    /// Load and capacity of each zone's active cells. A handful of zones: a scan beats a dictionary, and this is made
    /// for each tenant of an import. Nothing is copied out of the cells, for each copy counts eight references.
    private struct ZoneUtilisation {
        private var sums: [(zone: String, load: Int64, capacity: Int64)] = []

        init(of cells: [Candidate]) {
            for index in cells.indices where cells[index].state == .active {
                let position = position(of: cells[index].zone)
                if position == sums.endIndex { sums.append((cells[index].zone, 0, 0)) }
                sums[position].load += cells[index].load
                sums[position].capacity += cells[index].capacity
            }
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
}
