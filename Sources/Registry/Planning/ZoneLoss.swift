import JSON

/// What becomes of a zone's tenants if it is lost.
public struct ZoneLoss: Sendable, Equatable {
    /// On the zone's cells.
    public var tenants: Int64
    public var load: Int64
    /// Of those, the ones that no cell elsewhere can take.
    public var unplaceable: Int64
    public var unplaceableLoad: Int64
    /// Why: a line for each reason with the number of tenants, the most frequent first.
    public var blockers: [Blocker]
    /// Cells of the median capacity that, added to other zones, would take those that lack room. Found by first fit,
    /// the heaviest first: enough, and seldom more than needed.
    public var cellsToAdd: Int64
    /// Tenants that no new cell elsewhere would help: they ask for this zone alone, or weigh more than such a cell holds.
    public var beyondNewCells: Int64

    public var fits: Bool { unplaceable == 0 }

    init(
        of zone: String, cells: [PlacementPolicy.Candidate], groups: [CapacityForecast.Group],
        tenants: [MovingTenant], newCellCapacity: Int64
    ) {
        self.tenants = groups.reduce(Int64(tenants.count)) { $0 + $1.tenants }
        load = groups.reduce(tenants.reduce(0) { $0 + $1.load }) { $0 + $1.load * $1.tenants }
        unplaceable = 0
        unplaceableLoad = 0

        var planner = MovePlanner(
            cells: cells, leaving: Set(cells.lazy.filter { $0.zone == zone }.map(\.id)))
        var reasons = LossReasons()
        var needed = NewCells(capacity: newCellCapacity, lost: zone)
        for tenant in tenants.sorted(by: MovingTenant.isPlacedBefore) {
            guard case .failure(let failure) = planner.place(tenant) else { continue }
            unplaceable += 1
            unplaceableLoad += tenant.load
            reasons.count(failure.reason, tenants: 1, load: tenant.load)
            needed.add(tenant)
        }
        let common = groups.reduce(into: [Int64: Int64]()) { $0[$1.load, default: 0] += $1.tenants }
        var left: [(load: Int64, tenants: Int64)] = []
        for (load, count) in common.sorted(by: { $0.key > $1.key }) {
            let rest = count - planner.fill(load: load, tenants: count)
            guard rest > 0 else { continue }
            unplaceable += rest
            unplaceableLoad += rest * load
            left.append((load, rest))
        }
        if !left.isEmpty {
            let reason = Self.reason(for: cells.filter { $0.zone != zone })
            for rest in left { reasons.count(reason, tenants: rest.tenants, load: rest.load) }
            needed.add(left)
        }
        blockers = reasons.blockers
        cellsToAdd = needed.cells
        beyondNewCells = needed.beyond
    }

    /// Why a tenant that asks nothing finds no cell among these.
    private static func reason(for cells: [PlacementPolicy.Candidate]) -> Objection.Kind? {
        if cells.contains(where: { $0.state == .active && $0.schedulable && $0.dedicatedTo == nil }) {
            return .noHeadroom
        }
        if cells.contains(where: { $0.state == .active && $0.schedulable }) { return .dedicated }
        return cells.contains { $0.state == .active } ? .cordoned : cells.isEmpty ? nil : .notActive
    }

    public var shown: JSONObject {
        [
            "fits": .bool(fits), "tenants": .integer(tenants), "load": .integer(load),
            "unplaceable": .integer(unplaceable), "unplaceableLoad": .integer(unplaceableLoad),
            "blockers": .array(blockers.map(\.document)), "cellsToAdd": .integer(cellsToAdd),
            "beyondNewCells": .integer(beyondNewCells),
        ]
    }
}

/// How many tenants find no place for which reason.
private struct LossReasons {
    private var found: [Objection.Kind?: (tenants: Int64, heaviest: Int64)] = [:]

    mutating func count(_ reason: Objection.Kind?, tenants: Int64, load: Int64) {
        let sum = found[reason] ?? (0, 0)
        found[reason] = (sum.tenants + tenants, max(sum.heaviest, load))
    }

    var blockers: [Blocker] {
        let kinds: [Objection.Kind?] = [nil] + Objection.Kind.allCases
        return kinds.compactMap { kind in found[kind].map { (kind: kind, sum: $0) } }
            .enumerated().sorted {
                ($1.element.sum.tenants, $0.offset) < ($0.element.sum.tenants, $1.offset)
            }.map { _, line in
                let who = line.sum.tenants == 1 ? "1 tenant" : "\(line.sum.tenants) tenants"
                return Blocker(
                    kind: "tenants", id: line.kind?.rawValue ?? "none",
                    message: "\(who): \(Self.words(line.kind, heaviest: line.sum.heaviest))")
            }
    }

    private static func words(_ kind: Objection.Kind?, heaviest: Int64) -> String {
        switch kind {
        case nil: "there is no cell in another zone"
        case .notActive: "no cell in another zone is active"
        case .cordoned: "the cells that would do are cordoned"
        case .zone: "they ask for zones that have no other cell"
        case .label: "they ask for labels that no other cell has"
        case .avoided: "they avoid the cells that would do"
        case .antiAffinity: "the cells that would do have tenants that they must be kept from"
        case .dedicated: "the cells that would do are dedicated to other tenants"
        case .notAlone: "they want a cell for themselves, and none is empty"
        case .noHeadroom: "the cells that would do lack headroom; the heaviest needs \(heaviest) units"
        }
    }
}
