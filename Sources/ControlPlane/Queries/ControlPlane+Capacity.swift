import JSON
import Registry
import Store

extension ControlPlane {
    /// Headroom by cell and zone, and for each zone whether the others could take its tenants.
    ///
    /// Reads every tenant: seconds for millions of them, on the caller's thread.
    public func capacity() throws(RegistryError) -> JSONValue {
        try store.read(timeLimit: .seconds(60)) { transaction in
            let cells = try transaction.candidates()
            var groups: [CellID: [Int64: Int64]] = [:]
            var tenants: [MovingTenant] = []
            try transaction.forEachTenant(TenantFilter()) { record in
                let moving = try transaction.moving(record.tenant)
                if moving.asksNothing {
                    groups[moving.source, default: [:]][moving.load, default: 0] += 1
                } else {
                    tenants.append(moving)
                }
            }
            let forecast = CapacityForecast(
                cells: cells.map { cell in
                    var cell = cell
                    (cell.reserved, cell.incoming) = (0, 0)
                    return cell
                }, reserved: Dictionary(uniqueKeysWithValues: cells.map { ($0.id, $0.reserved) }),
                groups: groups.flatMap { cell, loads in
                    loads.map { CapacityForecast.Group(cell: cell, load: $0, tenants: $1) }
                }, tenants: tenants)
            return .object(forecast.shown)
        }
    }

    /// Every zone, with its cells by state, its load and its evacuation.
    public func zones() throws(RegistryError) -> [JSONValue] {
        try store.read { transaction in
            let evacuations = try transaction.evacuations().compactMap { evacuation in
                try transaction.operation(evacuation.operation).map {
                    (evacuation.zone, Self.shown(evacuation, $0))
                }
            }
            let cells = try transaction.cells(page: Page(limit: Limits.cellsMax))
            return Dictionary(grouping: cells, by: \.cell.zone).sorted { $0.key < $1.key }.map {
                zone, cells in
                Self.shown(zone: zone, cells, evacuations.first { $0.0 == zone }?.1)
            }
        }
    }

    private static func shown(zone: String, _ cells: [CellRecord], _ evacuation: JSONValue?) -> JSONValue {
        var states = JSONObject()
        for state in [CellState.provisioning, .active, .draining, .drained] {
            states[state.rawValue] = .integer(Int64(cells.count { $0.cell.state == state }))
        }
        let inUse = cells.filter { $0.cell.state != .retired }
        let open = inUse.filter { $0.cell.state == .active && $0.cell.schedulable }
        func sum(_ cells: [CellRecord], _ value: (CellRecord) -> Int64) -> JSONValue {
            .integer(cells.reduce(0) { $0 + value($1) })
        }
        var object: JSONObject = [
            "zone": .string(zone), "cells": .object(states),
            "cordoned": .integer(Int64(inUse.count { !$0.cell.schedulable })),
            "tenants": sum(inUse) { $0.tenants }, "capacity": sum(inUse) { $0.cell.capacity },
            "load": sum(inUse) { $0.load }, "reserved": sum(inUse) { $0.reserved },
            "headroom": sum(open) { $0.cell.capacity - $0.load - $0.reserved },
        ]
        if let evacuation { object["evacuation"] = evacuation }
        return .object(object)
    }

    private static func shown(_ evacuation: Evacuation, _ operation: Operation) -> JSONValue {
        [
            "operation": .string(operation.id.rawValue), "state": .string(operation.life.state.rawValue),
            "since": .string(evacuation.createdAt.description), "by": .string(operation.actor),
            "reason": .string(operation.reason), "until": evacuation.expiresAt == nil ? "restored" : "expiry",
            "expiresAt": evacuation.expiresAt.map { .string($0.description) } ?? .null,
        ]
    }

    public func policies() throws(RegistryError) -> PolicyRecord? { try store.read { try $0.policies() } }
}
