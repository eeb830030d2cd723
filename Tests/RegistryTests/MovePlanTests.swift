import JSON
import Registry
import Testing

@Suite("Move plans")
struct MovePlanTests {
    private typealias World = PlanningWorld

    private static var plan: MovePlan {
        let tenants = (1...4).map { World.tenant($0, on: 0, load: 30) }
        let cells = World.cells([World.cell(0, capacity: 200), World.cell(1, zone: "b")], carrying: tenants)
        var planner = MovePlanner(cells: cells, leaving: [World.cellID(0)])
        for tenant in tenants { _ = planner.place(tenant) }
        return planner.plan
    }

    @Test("the answer has every target and every cell's end load")
    func shown() {
        let shown = Self.plan.shown()
        #expect(shown["moves"]?["total"] == 3 && shown["unplaceable"]?["total"] == 1)
        #expect(
            shown["moves"]?["items"]?[0] == ["tenant": "t-1", "from": "cell-0", "to": "cell-1", "load": 30])
        #expect(shown["unplaceable"]?["items"]?[0]?["tenant"] == "t-4")
        #expect(
            shown["unplaceable"]?["items"]?[0]?["blockers"]?[0] == [
                "kind": "cells", "id": "noHeadroom", "message": "1 cell has no headroom for 30 units",
            ])
        #expect(
            shown["cells"] == [
                [
                    "cell": "cell-0", "zone": "a", "capacity": 200, "loadBefore": 120, "loadAfter": 30,
                    "tenantsBefore": 4, "tenantsAfter": 1,
                ],
                [
                    "cell": "cell-1", "zone": "b", "capacity": 100, "loadBefore": 0, "loadAfter": 90,
                    "tenantsBefore": 0, "tenantsAfter": 3,
                ],
            ])
    }

    @Test("a limit cuts the lists, never the counts or the cells")
    func limited() {
        let shown = Self.plan.shown(itemsMax: 1)
        #expect(shown["moves"]?["items"]?.array?.count == 1)
        #expect(shown["moves"]?["total"] == 3)
        #expect(shown["cells"]?.array?.count == 2)
        #expect(Self.plan.shown(itemsMax: 0)["unplaceable"] == ["total": 1, "items": []])
    }

    @Test("blockers name the tenants that find no place")
    func blockers() {
        #expect(!Self.plan.fits)
        #expect(
            Self.plan.blockers == [
                Blocker(
                    kind: "tenant", id: "t-4",
                    message: "1 cell has no headroom for 30 units")
            ])
    }
}
