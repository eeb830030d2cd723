import JSON

/// One reason why a cell can't take a tenant.
public enum Objection: Sendable, Equatable {
    case notActive(CellState)
    case cordoned
    case zone(String)
    case label(String, wanted: String, found: String?)
    case avoided
    case antiAffinity(TenantID)
    case dedicated(to: TenantID)
    case notAlone(Int64)
    case noHeadroom(Int64, needed: Int64)

    /// What it is about, in the order in which objections are found: from what says most of the cell to what a
    /// little room would mend.
    public enum Kind: String, Sendable, CaseIterable {
        case notActive, cordoned, zone, label, avoided, antiAffinity, dedicated, notAlone, noHeadroom
    }

    public var kind: Kind {
        switch self {
        case .notActive: .notActive
        case .cordoned: .cordoned
        case .zone: .zone
        case .label: .label
        case .avoided: .avoided
        case .antiAffinity: .antiAffinity
        case .dedicated: .dedicated
        case .notAlone: .notAlone
        case .noHeadroom: .noHeadroom
        }
    }

    public var code: String { kind.rawValue }

    public var message: String {
        switch self {
        case .notActive(let state): "it is \(state.rawValue), not active"
        case .cordoned: "it is cordoned"
        case .zone(let zone): "its zone '\(zone)' is none of those that the tenant asks for"
        case .label(let key, let wanted, let found):
            "its label '\(key)' is \(found.map { "'\($0)'" } ?? "absent"), not '\(wanted)'"
        case .avoided: "the tenant avoids this cell"
        case .antiAffinity(let other): "it has the tenant '\(other)', and the two avoid each other"
        case .dedicated(let holder): "it is dedicated to the tenant '\(holder)'"
        case .notAlone(let tenants): "it has \(tenants) tenants already, and this one wants it for itself"
        case .noHeadroom(let headroom, let needed):
            "its headroom is \(headroom) units, and \(needed) are needed"
        }
    }
}

/// What the policy says of one cell, for people.
public struct Verdict: Sendable, Equatable {
    public var cell: CellID
    public var zone: String
    public var objections: [Objection]
    public var load: Int64
    public var capacity: Int64
    public var chosen: Bool

    /// Every cell's verdict, the chosen first, then the feasible, then the others, each by name.
    public static func all(
        for question: PlacementPolicy.Question, among cells: [PlacementPolicy.Candidate]
    ) -> [Verdict] {
        let chosen = Candidates(cells).choose(for: question)
        return cells.enumerated().map { index, cell in
            Verdict(
                cell: cell.id, zone: cell.zone,
                objections: PlacementPolicy.objections(to: cell, for: question), load: cell.load,
                capacity: cell.capacity, chosen: index == chosen)
        }.sorted { ($0.rank, $0.cell) < ($1.rank, $1.cell) }
    }

    private var rank: Int { chosen ? 0 : objections.isEmpty ? 1 : 2 }

    public var shown: JSONValue {
        [
            "cell": .string(cell.rawValue), "zone": .string(zone), "feasible": .bool(objections.isEmpty),
            "chosen": .bool(chosen), "load": .integer(load), "capacity": .integer(capacity),
            "objections": .array(
                objections.map { ["code": .string($0.code), "message": .string($0.message)] }),
        ]
    }
}
