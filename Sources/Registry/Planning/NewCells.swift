/// Finds the cells of one capacity that must be added outside a zone for tenants that found no place.
///
/// First fit, the heaviest first. A new cell may be in any zone but the lost one and have any labels, as long as they
/// suit every tenant that it is meant for.
struct NewCells {
    private(set) var beyond: Int64 = 0
    private let capacity: Int64
    private let lost: String
    private var open: [Open] = []
    /// New cells that no tenant asks anything of: so many have so much room left.
    private var plain: [(room: Int64, cells: Int64)] = []

    /// A new cell that tenants with wishes share.
    fileprivate struct Open {
        var room: Int64
        /// Nil: any but the lost one.
        var zones: Set<String>?
        var labels: [String: String]
        var isDedicated: Bool
        var tenants: Set<TenantID>

        func takes(_ tenant: MovingTenant, _ zones: Set<String>?) -> Bool {
            guard !isDedicated, room >= tenant.load, tenants.isDisjoint(with: tenant.peers.keys) else {
                return false
            }
            if let zones, let own = self.zones, own.isDisjoint(with: zones) { return false }
            return tenant.constraints.matchLabels.allSatisfy {
                labels[$0.key] == nil || labels[$0.key] == $0.value
            }
        }

        mutating func add(_ tenant: MovingTenant, _ zones: Set<String>?) {
            room -= tenant.load
            if let zones { self.zones = self.zones?.intersection(zones) ?? zones }
            labels.merge(tenant.constraints.matchLabels) { own, _ in own }
            tenants.insert(tenant.tenant)
        }
    }

    /// More loads than this are rounded up to that many steps: a count that may be a little high, and quick.
    private static let stepsMax: Int64 = 512

    init(capacity: Int64, lost: String) {
        self.capacity = capacity
        self.lost = lost
    }

    var cells: Int64 { plain.reduce(Int64(open.count)) { $0 + $1.cells } }

    /// The cells themselves, empty, as the planner takes them.
    ///
    /// - Parameters:
    ///   - taken: names that are cells' already.
    ///   - zone: for those that may be in any zone but the lost one.
    func candidates(besides taken: Set<CellID>, zone: String) -> [PlacementPolicy.Candidate] {
        let shapes =
            open.map { (zone: $0.zones?.min() ?? zone, labels: $0.labels) }
            + plain.flatMap { repeatElement((zone: zone, labels: [:]), count: Int($0.cells)) }
        let names = (1...).lazy.compactMap { CellID("added-\($0)") }.filter { !taken.contains($0) }
        return zip(names, shapes).map { id, shape in
            PlacementPolicy.Candidate(
                id: id, zone: shape.zone, state: .active, schedulable: true, capacity: capacity, load: 0,
                labels: shape.labels, tenants: 0, dedicatedTo: nil)
        }
    }

    /// Tenants come in the order of `MovingTenant.isPlacedBefore`.
    mutating func add(_ tenant: MovingTenant) {
        let wanted = tenant.constraints
        let zones = wanted.zones.isEmpty ? nil : Set(wanted.zones).subtracting([lost])
        guard tenant.load <= capacity, capacity > 0, zones?.isEmpty != true else {
            beyond += 1
            return
        }
        if !wanted.dedicated, let position = open.firstIndex(where: { $0.takes(tenant, zones) }) {
            open[position].add(tenant, zones)
        } else {
            open.append(
                Open(
                    room: capacity - tenant.load, zones: zones, labels: wanted.matchLabels,
                    isDedicated: wanted.dedicated, tenants: [tenant.tenant]))
        }
    }

    /// Tenants that ask nothing, after all others; the heaviest first.
    mutating func add(_ groups: [(load: Int64, tenants: Int64)]) {
        for (load, tenants) in groups.count > Self.stepsMax ? rounded(groups) : groups {
            guard load <= capacity, capacity > 0 else {
                beyond += tenants
                continue
            }
            var rest = tenants
            for position in open.indices where rest > 0 && !open[position].isDedicated {
                let fit = load == 0 ? rest : min(rest, max(0, open[position].room) / load)
                open[position].room -= fit * load
                rest -= fit
            }
            rest = fillPlain(load, rest)
            guard rest > 0 else { continue }
            let each = load == 0 ? rest : capacity / load
            let full = rest / each
            if full > 0 { plain.append((capacity - each * load, full)) }
            if rest % each > 0 { plain.append((capacity - rest % each * load, 1)) }
        }
    }

    /// Fills the plain cells that are there, and returns how many tenants are left.
    private mutating func fillPlain(_ load: Int64, _ tenants: Int64) -> Int64 {
        var rest = tenants
        var after: [(room: Int64, cells: Int64)] = []
        for (room, cells) in plain {
            let each = load == 0 ? rest : room / load
            guard rest > 0, each > 0 else {
                after.append((room, cells))
                continue
            }
            let full = min(cells, rest / each)
            rest -= full * each
            if full > 0 { after.append((room - each * load, full)) }
            guard full < cells else { continue }
            // One takes what is left of the tenants, the others stay as they are.
            after.append((room - rest * load, 1))
            if cells - full > 1 { after.append((room, cells - full - 1)) }
            rest = 0
        }
        plain = after
        return rest
    }

    private func rounded(_ groups: [(load: Int64, tenants: Int64)]) -> [(load: Int64, tenants: Int64)] {
        let step = max(1, capacity / Self.stepsMax)
        let sums = groups.reduce(into: [Int64: Int64]()) { sums, group in
            // Who fits a new cell must still fit it.
            let up = (group.load + step - 1) / step * step
            sums[group.load <= capacity ? min(capacity, up) : group.load, default: 0] += group.tenants
        }
        return sums.map { (load: $0.key, tenants: $0.value) }.sorted { $0.load > $1.load }
    }
}
