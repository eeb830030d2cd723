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
        /// What tenants on their way here will need, and how many they are: places that are taken already.
        public var reserved: Int64
        public var incoming: Int64
        /// The tenant that has the cell for itself, or will.
        public var dedicatedTo: TenantID?
        /// Of the name; made once.
        let hash: UInt64

        public init(
            id: CellID, zone: String, state: CellState, schedulable: Bool, capacity: Int64, load: Int64,
            labels: [String: String], tenants: Int64, reserved: Int64 = 0, incoming: Int64 = 0,
            dedicatedTo: TenantID?
        ) {
            self.id = id
            self.zone = zone
            self.state = state
            self.schedulable = schedulable
            self.capacity = capacity
            self.load = load
            self.labels = labels
            self.tenants = tenants
            self.reserved = reserved
            self.incoming = incoming
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
        let others = cell.tenants + cell.incoming - (isCurrent ? 1 : 0)
        if wanted.dedicated, others > 0 { found.append(.notAlone(others)) }
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
            var load = cells[index].load + cells[index].reserved + question.load
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
        return ties.map { (index: $0, zone: zones[cells[$0].zone], hash: mixed(seed, cells[$0].hash)) }
            .min { a, b in
                let order = compare(a.zone.load, a.zone.capacity, b.zone.load, b.zone.capacity)
                return order == 0 ? a.hash < b.hash : order < 0
            }?.index
    }

    /// What is taken of a cell, the tenant's own left out.
    private static func load(on cell: Candidate, without question: Question) -> Int64 {
        let taken = cell.load + cell.reserved
        return cell.id == question.current ? taken - question.load : taken
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
    /// for each tenant of an import.
    private struct ZoneUtilisation {
        private var sums: [(zone: String, load: Int64, capacity: Int64)] = []

        init(of cells: [Candidate]) {
            for cell in cells where cell.state == .active {
                let position = sums.firstIndex { $0.zone == cell.zone } ?? sums.endIndex
                if position == sums.endIndex { sums.append((cell.zone, 0, 0)) }
                sums[position].load += cell.load
                sums[position].capacity += cell.capacity
            }
        }

        subscript(zone: String) -> (load: Int64, capacity: Int64) {
            sums.first { $0.zone == zone }.map { ($0.load, $0.capacity) } ?? (0, 0)
        }
    }
}
