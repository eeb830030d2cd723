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
    /// Cells of the median capacity that, added to other zones, take those that lack room: found by first fit, the
    /// heaviest first, and tried with the planner. Enough, and seldom more than needed.
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
        let special = tenants.sorted(by: MovingTenant.isPlacedBefore)
        let common = groups.reduce(into: [Int64: Int64]()) { $0[$1.load, default: 0] += $1.tenants }
            .map { (load: $0.key, tenants: $0.value) }.sorted { $0.load > $1.load }

        var trial = Trial(without: zone, cells: cells, special: special, common: common)
        var needed = trial.newCells(capacity: newCellCapacity, lost: zone)
        unplaceable = trial.count
        unplaceableLoad = trial.load
        blockers = trial.reasons.blockers
        beyondNewCells = needed.beyond
        cellsToAdd = needed.cells

        // The policy spreads where first fit fills, and may need a cell more: that is tried.
        var all = cells
        let elsewhere = cells.lazy.map(\.zone).filter { $0 != zone }.min() ?? "\(zone)-other"
        for _ in 0..<Self.trialsMax where needed.cells > 0 && cellsToAdd <= Limits.cellsMax {
            all += needed.candidates(besides: Set(all.map(\.id)), zone: elsewhere)
            trial = Trial(without: zone, cells: all, special: special, common: common)
            needed = trial.newCells(capacity: newCellCapacity, lost: zone)
            cellsToAdd += needed.cells
        }
    }

    private static let trialsMax = 8

    public var shown: JSONObject {
        [
            "fits": .bool(fits), "tenants": .integer(tenants), "load": .integer(load),
            "unplaceable": .integer(unplaceable), "unplaceableLoad": .integer(unplaceableLoad),
            "blockers": .array(blockers.map(\.document)), "cellsToAdd": .integer(cellsToAdd),
            "beyondNewCells": .integer(beyondNewCells),
        ]
    }
}

/// The placing of a zone's tenants on the cells of the others.
private struct Trial {
    /// Who finds no place.
    private(set) var special: [MovingTenant] = []
    private(set) var common: [(load: Int64, tenants: Int64)] = []
    private(set) var reasons = LossReasons()

    init(
        without zone: String, cells: [PlacementPolicy.Candidate], special: [MovingTenant],
        common: [(load: Int64, tenants: Int64)]
    ) {
        var planner = MovePlanner(
            cells: cells, leaving: Set(cells.lazy.filter { $0.zone == zone }.map(\.id)))
        for tenant in special {
            guard case .failure(let failure) = planner.place(tenant) else { continue }
            self.special.append(tenant)
            reasons.count(failure.reason, tenants: 1, load: tenant.load)
        }
        let reason = Self.reason(for: cells.filter { $0.zone != zone })
        for group in common {
            let rest = group.tenants - planner.fill(load: group.load, tenants: group.tenants)
            guard rest > 0 else { continue }
            self.common.append((group.load, rest))
            reasons.count(reason, tenants: rest, load: group.load)
        }
    }

    var count: Int64 { common.reduce(Int64(special.count)) { $0 + $1.tenants } }
    var load: Int64 { common.reduce(special.reduce(0) { $0 + $1.load }) { $0 + $1.load * $1.tenants } }

    func newCells(capacity: Int64, lost: String) -> NewCells {
        var cells = NewCells(capacity: capacity, lost: lost)
        for tenant in special { cells.add(tenant) }
        cells.add(common)
        return cells
    }

    /// Why a tenant that asks nothing finds no cell among these.
    private static func reason(for cells: [PlacementPolicy.Candidate]) -> Objection.Kind? {
        let taking = cells.filter { $0.state == .active && $0.schedulable }
        if taking.contains(where: { $0.dedicatedTo == nil }) { return .noHeadroom }
        if !taking.isEmpty { return .dedicated }
        return cells.contains { $0.state == .active } ? .cordoned : cells.isEmpty ? nil : .notActive
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
