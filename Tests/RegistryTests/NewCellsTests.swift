import TestRandom
import Testing

@testable import Registry

@Suite("Cells to add")
struct NewCellsTests {
    private typealias World = PlanningWorld

    private static func needed(
        _ tenants: [MovingTenant] = [], _ groups: [(load: Int64, tenants: Int64)] = []
    ) -> NewCells {
        var cells = NewCells(capacity: 100, lost: "a")
        for tenant in tenants { cells.add(tenant) }
        cells.add(groups)
        return cells
    }

    @Test(
        "equal tenants fill cell after cell, and lighter ones their rest",
        arguments: [
            ([(1, 100)], 1), ([(1, 101)], 2), ([(40, 5)], 3), ([(40, 5), (20, 5)], 3),
            ([(40, 5), (20, 6)], 4),
            ([(60, 2), (40, 2)], 2), ([(60, 2), (40, 3)], 3), ([(100, 3), (0, 1000)], 3), ([(0, 7)], 1),
        ] as [([(load: Int64, tenants: Int64)], Int64)])
    func groups(_ groups: [(load: Int64, tenants: Int64)], _ cells: Int64) {
        #expect(Self.needed([], groups).cells == cells)
    }

    @Test("who weighs more than a cell, or is tied to the lost zone, is beyond help")
    func beyond() {
        let tied = World.tenant(1, on: 0, PlacementConstraints(zones: ["a"]))
        let heavy = World.tenant(2, on: 0, load: 101)
        let needed = Self.needed([tied, heavy], [(101, 7)])
        #expect((needed.cells, needed.beyond) == (0, 9))
        var none = NewCells(capacity: 0, lost: "a")
        none.add([(0, 3)])
        #expect((none.cells, none.beyond) == (0, 3))
    }

    @Test("a new cell is shared where zones, labels and peers allow it")
    func shared() {
        func tenant(_ number: Int, _ asks: PlacementConstraints, peers: [TenantID: CellID] = [:])
            -> MovingTenant
        {
            World.tenant(number, on: 0, load: 10, asks, peers: peers)
        }
        let gold = PlacementConstraints(matchLabels: ["tier": "gold"])
        let tin = PlacementConstraints(matchLabels: ["tier": "tin"])
        let (b, c) = (PlacementConstraints(zones: ["a", "b"]), PlacementConstraints(zones: ["c"]))
        #expect(Self.needed([tenant(1, gold), tenant(2, b)]).cells == 1)
        #expect(Self.needed([tenant(1, gold), tenant(2, tin)]).cells == 2)
        #expect(Self.needed([tenant(1, b), tenant(2, c), tenant(3, gold)]).cells == 2)
        let peer = tenant(2, PlacementConstraints(), peers: [World.tenantID(1): World.cellID(1)])
        #expect(Self.needed([tenant(1, gold), peer]).cells == 2)
        let alone = PlacementConstraints(dedicated: true)
        #expect(Self.needed([tenant(1, alone), tenant(2, alone)], [(1, 10)]).cells == 3)
        #expect(Self.needed([tenant(1, gold)], [(90, 1)]).cells == 1)
    }

    @Test("many loads are rounded up: enough, and little more", arguments: SeededRandom.seeds)
    func rounded(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let groups = (1...2000).map {
            (load: Int64($0 * 7), tenants: Int64.random(in: 1...3, using: &random))
        }
        .reversed()
        var cells = NewCells(capacity: 100_000, lost: "a")
        cells.add(Array(groups))
        let load = groups.reduce(0) { $0 + $1.load * $1.tenants }
        let least = (load + 99_999) / 100_000
        #expect(
            cells.cells >= least && cells.cells <= least + least / 20 + 2,
            "seed \(seed): \(cells.cells), \(least)")
        #expect(cells.beyond == 0)
    }
}
