/// A tenant that no cell can take, and why.
public struct Unplaceable: Error, Sendable, Equatable {
    public var tenant: TenantID
    public var source: CellID
    /// In load units.
    public var load: Int64
    /// What stands in the way: of a named target each objection; of all cells a line for each reason with the
    /// number of cells, each cell counted once and by its first objection, the most frequent first.
    public var blockers: [Blocker]
    /// The objection of the cell that came nearest to taking it; nil where there was no cell to ask.
    public var reason: Objection.Kind?

    public init(
        tenant: TenantID, source: CellID, load: Int64, blockers: [Blocker], reason: Objection.Kind?
    ) {
        self.tenant = tenant
        self.source = source
        self.load = load
        self.blockers = blockers
        self.reason = reason
    }
}

/// How many cells refuse a tenant for which reason.
struct ObjectionTally {
    private var counts = [Int](repeating: 0, count: Objection.Kind.allCases.count)
    /// Cells that the plan itself empties.
    var leaving = 0

    mutating func count(_ kind: Objection.Kind) { counts[kind.order] += 1 }

    /// The last kind that was found: what is nearest to being mended.
    var reason: Objection.Kind? { Objection.Kind.allCases.last { counts[$0.order] > 0 } }

    func blockers(for tenant: MovingTenant) -> [Blocker] {
        var lines = Objection.Kind.allCases.filter { counts[$0.order] > 0 }.map { kind in
            (count: counts[kind.order], code: kind.rawValue, says: kind.said(of: tenant))
        }
        if leaving > 0 { lines.append((leaving, "leaving", ("is emptied", "are emptied", " by this plan"))) }
        guard !lines.isEmpty else {
            return [Blocker(kind: "cells", id: "none", message: "there is no other cell")]
        }
        return lines.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.map
        {
            let line = $0.element
            let verb = line.count == 1 ? "cell \(line.says.one)" : "cells \(line.says.many)"
            return Blocker(kind: "cells", id: line.code, message: "\(line.count) \(verb)\(line.says.what)")
        }
    }
}

extension Objection.Kind {
    fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// The words after `1 cell` or `12 cells`.
    fileprivate func said(of tenant: MovingTenant) -> (one: String, many: String, what: String) {
        let wanted = tenant.constraints
        return switch self {
        case .notActive: ("is", "are", " not active")
        case .cordoned: ("is", "are", " cordoned")
        case .zone: ("is", "are", " in other zones than \(Self.list(wanted.zones))")
        case .label:
            (
                "lacks", "lack",
                " the labels \(Self.list(wanted.matchLabels.map { "\($0.key)=\($0.value)" }.sorted()))"
            )
        case .avoided: ("is", "are", " avoided by the tenant")
        case .antiAffinity: ("has", "have", " a tenant that this one avoids, or that avoids it")
        case .dedicated: ("is", "are", " dedicated to another tenant")
        case .notAlone: ("has", "have", " tenants, and this one wants a cell for itself")
        case .noHeadroom: ("has", "have", " no headroom for \(tenant.load) units")
        }
    }

    /// At most three of them by name.
    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
    }
}
