import JSON
import Registry
import Testing

@Suite("Capacity forecast")
struct CapacityForecastTests {
    private typealias World = PlanningWorld
    private typealias Group = CapacityForecast.Group

    private static let cells = [
        World.cell(0, zone: "a", load: 60, tenants: 60), World.cell(1, zone: "b", load: 60, tenants: 60),
        World.cell(2, zone: "b", schedulable: false, load: 10, tenants: 10),
        World.cell(3, zone: "c", state: .provisioning), World.cell(4, zone: "c", state: .retired),
    ]
    private static let groups = [
        Group(cell: World.cellID(0), load: 1, tenants: 60),
        Group(cell: World.cellID(1), load: 1, tenants: 60),
        Group(cell: World.cellID(2), load: 1, tenants: 10),
    ]

    @Test("headroom counts where tenants can go, less what is reserved")
    func headroom() {
        let forecast = CapacityForecast(
            cells: Self.cells, reserved: [World.cellID(0): 15], groups: Self.groups, tenants: [])
        #expect(forecast.cells.map(\.headroom) == [25, 40, 90, 100])
        #expect(forecast.zones.map(\.zone) == ["a", "b", "c"])
        #expect(forecast.zones.map(\.sums.headroom) == [25, 40, 0])
        #expect(forecast.zones.map(\.sums.capacity) == [100, 200, 0])
        #expect(forecast.total.headroom == 65)
        #expect(forecast.total.tenants == 130)
        #expect(forecast.medianCapacity == 100)
    }

    @Test("each zone's loss is told: what the others hold, and what must be added")
    func losses() {
        let forecast = CapacityForecast(cells: Self.cells, groups: Self.groups, tenants: [])
        let (a, b, c) = (forecast.zones[0].ifLost, forecast.zones[1].ifLost, forecast.zones[2].ifLost)
        #expect((a.tenants, a.unplaceable, a.cellsToAdd) == (60, 20, 1))
        #expect((b.tenants, b.unplaceable, b.cellsToAdd) == (70, 30, 1))
        #expect(c.fits && c.tenants == 0 && c.cellsToAdd == 0 && c.blockers.isEmpty)
        #expect(
            a.blockers.map(\.message) == [
                "20 tenants: the cells that would do lack headroom; the heaviest needs 1 units"
            ])
    }

    @Test("the answer has cells, zones and the total")
    func shown() {
        let shown = CapacityForecast(cells: Self.cells, groups: Self.groups, tenants: []).shown
        #expect(
            shown["cells"]?[2] == [
                "cell": "cell-2", "zone": "b", "state": "active", "schedulable": false, "capacity": 100,
                "load": 10, "reserved": 0, "headroom": 0, "tenants": 10,
            ])
        #expect(shown["cells"]?.array?.count == 4)
        #expect(
            shown["zones"]?[0] == [
                "zone": "a", "cells": 1, "capacity": 100, "load": 60, "reserved": 0, "headroom": 40,
                "tenants": 60,
                "ifLost": [
                    "fits": false, "tenants": 60, "load": 60, "unplaceable": 20, "unplaceableLoad": 20,
                    "blockers": [
                        [
                            "kind": "tenants", "id": "noHeadroom",
                            "message":
                                "20 tenants: the cells that would do lack headroom; the heaviest needs 1 units",
                        ]
                    ], "cellsToAdd": 1, "beyondNewCells": 0,
                ],
            ])
        #expect(shown["total"]?["headroom"] == 80)
        #expect(shown["medianCellCapacity"] == 100)
    }

    @Test("an empty registry has an empty forecast")
    func empty() {
        let forecast = CapacityForecast(cells: [], groups: [], tenants: [])
        #expect(forecast.zones == [] && forecast.medianCapacity == 0)
    }
}
