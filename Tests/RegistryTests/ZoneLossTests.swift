import TestRandom
import Testing

@testable import Registry

@Suite("The loss of a zone")
struct ZoneLossTests {
    private typealias World = PlanningWorld

    private static func loss(
        _ cells: [World.Candidate], groups: [CapacityForecast.Group] = [], _ tenants: [MovingTenant] = []
    ) -> ZoneLoss {
        ZoneLoss(of: "a", cells: cells, groups: groups, tenants: tenants, newCellCapacity: 100)
    }

    @Test("wishes are kept, and each reason has its line")
    func reasons() {
        let tenants = [
            World.tenant(1, on: 0, PlacementConstraints(zones: ["a"])),
            World.tenant(2, on: 0, PlacementConstraints(zones: ["a"])),
            World.tenant(3, on: 0, PlacementConstraints(matchLabels: ["tier": "gold"])),
            World.tenant(4, on: 0, load: 50, PlacementConstraints(zones: ["b"])),
            World.tenant(5, on: 0, load: 150, PlacementConstraints(zones: ["a", "b"])),
        ]
        let loss = Self.loss(
            [World.cell(0, zone: "a"), World.cell(1, zone: "b", load: 40, tenants: 1)], tenants)
        #expect(loss.tenants == 5)
        #expect(loss.unplaceable == 4)
        #expect(loss.unplaceableLoad == 153)
        #expect(
            loss.blockers.map(\.message) == [
                "2 tenants: they ask for zones that have no other cell",
                "1 tenant: they ask for labels that no other cell has",
                "1 tenant: the cells that would do lack headroom; the heaviest needs 150 units",
            ])
        // The one with the label: two are tied to the zone, and one is heavier than a cell.
        #expect(loss.cellsToAdd == 1)
        #expect(loss.beyondNewCells == 3)
    }

    @Test(
        "why nobody finds a cell is told by what the other cells are",
        arguments: [
            ("none", []), ("notActive", [World.cell(1, zone: "b", state: .draining)]),
            ("cordoned", [World.cell(1, zone: "b", schedulable: false)]),
            ("dedicated", [World.cell(1, zone: "b", dedicatedTo: World.tenantID(9))]),
            ("noHeadroom", [World.cell(1, zone: "b", load: 100)]),
        ] as [(String, [PlacementPolicy.Candidate])])
    func nowhere(_ reason: String, _ others: [PlacementPolicy.Candidate]) {
        let cells = [World.cell(0, zone: "a", load: 5, tenants: 5)] + others
        let loss = Self.loss(cells, groups: [.init(cell: World.cellID(0), load: 1, tenants: 5)])
        #expect(loss.blockers.map(\.id) == [reason])
        #expect(loss.unplaceable == 5)
        #expect(loss.cellsToAdd == 1)
    }

    @Test(
        "by count is as one by one: who fits, and how many cells to add make it fit",
        arguments: SeededRandom.seeds)
    func property(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for round in 0..<60 {
            let note = "seed \(seed), round \(round)"
            let world = World.random(cells: .random(in: 3...9, using: &random), tenants: 80, using: &random)
            let lost = world.tenants.filter { tenant in
                world.cells.contains { $0.id == tenant.source && $0.zone == "a" }
            }
            // Every other round nobody asks anything, so that new cells are all it takes.
            let plain = round % 2 == 0 ? lost : lost.filter(\.asksNothing)
            let groups = Dictionary(grouping: plain) { $0.load }.map { load, tenants in
                CapacityForecast.Group(cell: tenants[0].source, load: load, tenants: Int64(tenants.count))
            }
            let special = round % 2 == 0 ? [] : lost.filter { !$0.asksNothing }
            let loss = Self.loss(world.cells, groups: groups, special)
            #expect(loss.tenants == Int64(lost.count), "\(note)")
            #expect(loss.load == lost.reduce(0) { $0 + $1.load }, "\(note)")
            #expect(loss.fits == loss.blockers.isEmpty && loss.beyondNewCells <= loss.unplaceable, "\(note)")
            guard loss.beyondNewCells == 0, special.isEmpty || loss.fits else { continue }
            // With the cells that it asks for, everybody fits.
            let added = (0..<Int(loss.cellsToAdd)).map { World.cell(100 + $0, zone: "n", capacity: 100) }
            let mended = Self.loss(world.cells + added, groups: groups, special)
            #expect(mended.fits, "\(note): \(loss.cellsToAdd) cells were not enough")
        }
    }
}
