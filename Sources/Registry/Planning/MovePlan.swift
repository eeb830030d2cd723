import JSON

/// Where tenants go, who finds no place, and what every cell carries before and after.
public struct MovePlan: Sendable, Equatable {
    /// What a plan makes of one cell; loads in units.
    public struct CellLoad: Sendable, Equatable {
        public var cell: CellID
        public var zone: String
        public var capacity: Int64
        public var loadBefore: Int64
        public var loadAfter: Int64
        public var tenantsBefore: Int64
        public var tenantsAfter: Int64
    }

    /// In the order in which they were planned.
    public var moves: [PlannedMove]
    public var unplaceable: [Unplaceable]
    /// Every cell, in the order the planner was given them.
    public var cells: [CellLoad]

    public init(
        moves: [PlannedMove], unplaceable: [Unplaceable], before: [PlacementPolicy.Candidate],
        after: [PlacementPolicy.Candidate]
    ) {
        self.moves = moves
        self.unplaceable = unplaceable
        cells = zip(before, after).map { before, after in
            CellLoad(
                cell: before.id, zone: before.zone, capacity: before.capacity, loadBefore: before.load,
                loadAfter: after.load, tenantsBefore: before.tenants, tenantsAfter: after.tenants)
        }
    }

    /// Every tenant finds a place.
    public var fits: Bool { unplaceable.isEmpty }

    /// The plan as an answer: counts whole, at most `itemsMax` moves and as many tenants without a target, and the cells
    /// whose load changes.
    public func shown(itemsMax: Int = Limits.planItemsShownMax) -> JSONObject {
        [
            "moves": [
                "total": .integer(Int64(moves.count)), "items": .array(moves.prefix(itemsMax).map(\.shown)),
            ],
            "unplaceable": [
                "total": .integer(Int64(unplaceable.count)),
                "items": .array(unplaceable.prefix(itemsMax).map(\.shown)),
            ],
            "cells": .array(
                cells.filter { $0.loadBefore != $0.loadAfter || $0.tenantsBefore != $0.tenantsAfter }.map(
                    \.shown)),
        ]
    }

    /// What stands in the way, a line a tenant, at most `Limits.blockersShownMax` of them.
    public var blockers: [Blocker] {
        unplaceable.prefix(Limits.blockersShownMax).map(\.blocker)
    }
}

extension PlannedMove {
    public var shown: JSONValue {
        [
            "tenant": .string(tenant.rawValue), "from": .string(source.rawValue),
            "to": .string(target.rawValue), "load": .integer(load),
        ]
    }
}

extension Unplaceable {
    /// The tenant, and all that keeps it from every cell.
    public var blocker: Blocker {
        Blocker(kind: "tenant", id: tenant.rawValue, message: blockers.map(\.message).joined(separator: "; "))
    }

    public var shown: JSONValue {
        [
            "tenant": .string(tenant.rawValue), "from": .string(source.rawValue), "load": .integer(load),
            "blockers": .array(blockers.map(\.document)),
        ]
    }
}

extension MovePlan.CellLoad {
    public var shown: JSONValue {
        [
            "cell": .string(cell.rawValue), "zone": .string(zone), "capacity": .integer(capacity),
            "loadBefore": .integer(loadBefore), "loadAfter": .integer(loadAfter),
            "tenantsBefore": .integer(tenantsBefore), "tenantsAfter": .integer(tenantsAfter),
        ]
    }
}
