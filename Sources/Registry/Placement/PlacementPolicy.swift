/// The rule that picks a tenant's cell.
///
/// Feasible cells only; of those the one with the lowest utilisation once the tenant is on it; of equal ones the cell
/// in the zone that is least utilised; of equal ones by a hash of both names that never changes, so that the same
/// question always has the same answer and no cell is everybody's favourite. `Candidates` makes the choice.
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

        /// As a plan sees it: what is on its way counts as if it had arrived.
        public var withArrivals: Candidate {
            var cell = self
            cell.load += reserved
            cell.tenants += incoming
            (cell.reserved, cell.incoming) = (0, 0)
            return cell
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

        /// Any cell with room will do.
        var asksNothing: Bool { avoided.isEmpty && constraints.asksNothing }
    }

    /// Everything that speaks against the cell; empty where it is feasible.
    public static func objections(to cell: Candidate, for question: Question) -> [Objection] {
        var found: [Objection] = []
        search(cell, for: question) {
            found.append($0)
            return true
        }
        return found
    }

    /// The first of the objections, for those who only ask whether there is one, of many cells.
    static func firstObjection(to cell: Candidate, for question: Question) -> Objection? {
        var first: Objection?
        search(cell, for: question) {
            first = $0
            return false
        }
        return first
    }

    /// Hands over one objection after the other, in the order of their kinds, until `next` is false.
    @inline(__always)
    private static func search(_ cell: Candidate, for question: Question, _ next: (Objection) -> Bool) {
        let isCurrent = cell.id == question.current
        if cell.state != .active, !next(.notActive(cell.state)) { return }
        if !cell.schedulable, !next(.cordoned) { return }
        let wanted = question.constraints
        if !wanted.zones.isEmpty, !wanted.zones.contains(cell.zone), !next(.zone(cell.zone)) { return }
        for (key, value) in wanted.matchLabels where cell.labels[key] != value {
            if !next(.label(key, wanted: value, found: cell.labels[key])) { return }
        }
        if wanted.avoidCells.contains(cell.id), !next(.avoided) { return }
        if let other = question.avoided[cell.id], !next(.antiAffinity(other)) { return }
        if let holder = cell.dedicatedTo, holder != question.tenant, !next(.dedicated(to: holder)) { return }
        let tenants = cell.tenants + cell.incoming
        if wanted.dedicated, tenants > (isCurrent ? 1 : 0), !next(.notAlone(tenants)) { return }
        let headroom = cell.capacity - load(on: cell, without: question)
        guard headroom < question.load else { return }
        _ = next(.noHeadroom(max(0, headroom), needed: question.load))
    }

    /// What is taken of a cell, the tenant's own left out.
    private static func load(on cell: Candidate, without question: Question) -> Int64 {
        let taken = cell.load + cell.reserved
        return cell.id == question.current ? taken - question.load : taken
    }

    /// FNV-1a: Swift's own hashes differ from run to run.
    public static func stableHash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The hash of a pair, from those of both (the finaliser of MurmurHash3).
    static func mixed(_ tenant: UInt64, _ cell: UInt64) -> UInt64 {
        var hash = tenant ^ (cell << 32 | cell >> 32)
        hash = (hash ^ (hash >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        hash = (hash ^ (hash >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 33)
    }
}
