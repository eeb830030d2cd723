import JSON

/// What is left of the cells' capacity, and whether the other zones would hold the tenants of each, were it lost.
///
/// A lost zone's tenants are placed as an evacuation would: in `MovingTenant`'s order, by `MovePlanner`. Those that ask
/// for something are placed one by one, exactly so. Those that ask nothing come as counts, by cell and load, and are
/// placed by count: the same cells are filled to the same level, and only where two cells tie may an evacuation choose
/// the other one.
public struct CapacityForecast: Sendable, Equatable {
    /// Tenants of one cell and one load that ask nothing, and that nobody avoids.
    public struct Group: Sendable, Equatable {
        public var cell: CellID
        /// Of each, in load units.
        public var load: Int64
        public var tenants: Int64

        public init(cell: CellID, load: Int64, tenants: Int64) {
            self.cell = cell
            self.load = load
            self.tenants = tenants
        }
    }

    public struct Cell: Sendable, Equatable {
        public var cell: CellID
        public var zone: String
        public var state: CellState
        public var schedulable: Bool
        public var capacity: Int64
        public var load: Int64
        /// For tenants that are on their way.
        public var reserved: Int64
        public var tenants: Int64

        /// What the cell has left, in units; never below 0. Only an active cell that is not cordoned gives it away.
        public var headroom: Int64 { max(0, capacity - load - reserved) }
        public var takesTenants: Bool { state == .active && schedulable }
    }

    public struct Zone: Sendable, Equatable {
        public var zone: String
        public var sums: Sums
        public var ifLost: ZoneLoss
    }

    /// Sums over cells; `capacity` of the active ones, `headroom` of those that take tenants.
    public struct Sums: Sendable, Equatable {
        public var cells: Int64 = 0
        public var capacity: Int64 = 0
        public var load: Int64 = 0
        public var reserved: Int64 = 0
        public var headroom: Int64 = 0
        public var tenants: Int64 = 0

        mutating func add(_ cell: Cell) {
            cells += 1
            capacity += cell.state == .active ? cell.capacity : 0
            load += cell.load
            reserved += cell.reserved
            headroom += cell.takesTenants ? cell.headroom : 0
            tenants += cell.tenants
        }
    }

    /// Every cell that is not retired, in the order given.
    public var cells: [Cell]
    /// By name.
    public var zones: [Zone]
    public var total: Sums
    /// Of the active cells that have any, in units: the size of the cells to add. 0 without such cells.
    public var medianCapacity: Int64

    /// - Parameters:
    ///   - candidates: every cell, its load without what is reserved.
    ///   - reserved: units by cell.
    ///   - groups: the tenants that ask nothing.
    ///   - tenants: all others.
    public init(
        cells candidates: [PlacementPolicy.Candidate], reserved: [CellID: Int64] = [:], groups: [Group],
        tenants: [MovingTenant]
    ) {
        let candidates = candidates.filter { $0.state != .retired }
        cells = candidates.map {
            Cell(
                cell: $0.id, zone: $0.zone, state: $0.state, schedulable: $0.schedulable,
                capacity: $0.capacity, load: $0.load, reserved: reserved[$0.id] ?? 0, tenants: $0.tenants)
        }
        let capacities = candidates.filter { $0.state == .active && $0.capacity > 0 }.map(\.capacity).sorted()
        let median = capacities.isEmpty ? 0 : capacities[(capacities.count - 1) / 2]
        medianCapacity = median
        total = cells.reduce(into: Sums()) { $0.add($1) }

        let full = candidates.map { cell in
            var cell = cell
            cell.load += reserved[cell.id] ?? 0
            return cell
        }
        let sums = cells.reduce(into: [String: Sums]()) { $0[$1.zone, default: Sums()].add($1) }
        let zoneOf = Dictionary(uniqueKeysWithValues: candidates.map { ($0.id, $0.zone) })
        let common = Dictionary(grouping: groups) { zoneOf[$0.cell] }
        let special = Dictionary(grouping: tenants) { zoneOf[$0.source] }
        zones = sums.keys.sorted().map { zone in
            Zone(
                zone: zone, sums: sums[zone] ?? Sums(),
                ifLost: ZoneLoss(
                    of: zone, cells: full, groups: common[zone] ?? [], tenants: special[zone] ?? [],
                    newCellCapacity: median))
        }
    }
}

extension CapacityForecast {
    public var shown: JSONObject {
        [
            "cells": .array(cells.map(\.shown)),
            "zones": .array(
                zones.map { zone in
                    var object: JSONObject = ["zone": .string(zone.zone)]
                    zone.sums.show(in: &object)
                    object["ifLost"] = .object(zone.ifLost.shown)
                    return .object(object)
                }),
            "total": {
                var object = JSONObject()
                total.show(in: &object)
                return .object(object)
            }(),
            "medianCellCapacity": .integer(medianCapacity),
        ]
    }
}

extension CapacityForecast.Cell {
    fileprivate var shown: JSONValue {
        [
            "cell": .string(cell.rawValue), "zone": .string(zone), "state": .string(state.rawValue),
            "schedulable": .bool(schedulable), "capacity": .integer(capacity), "load": .integer(load),
            // What is left for placements.
            "reserved": .integer(reserved), "headroom": .integer(takesTenants ? headroom : 0),
            "tenants": .integer(tenants),
        ]
    }
}

extension CapacityForecast.Sums {
    fileprivate func show(in object: inout JSONObject) {
        object["cells"] = .integer(cells)
        object["capacity"] = .integer(capacity)
        object["load"] = .integer(load)
        object["reserved"] = .integer(reserved)
        object["headroom"] = .integer(headroom)
        object["tenants"] = .integer(tenants)
    }
}
