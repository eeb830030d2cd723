import JSON
import TestRandom
import Testing

@testable import Registry

@Suite("Rebalance planner")
struct RebalancePlannerTests {
    private typealias World = PlanningWorld

    private static func plan(
        _ cells: [World.Candidate], _ tenants: [MovingTenant],
        _ options: RebalanceOptions = RebalanceOptions()
    ) -> RebalancePlan {
        RebalancePlanner(cells: cells, tenants: tenants, options: options).plan()
    }

    /// Cells with as many tenants of one load each.
    private static func world(
        _ counts: [Int], load: Int64 = 1, capacity: Int64 = 100, pinned: Bool = false
    ) -> (cells: [World.Candidate], tenants: [MovingTenant]) {
        var tenants: [MovingTenant] = []
        for (cell, count) in counts.enumerated() {
            tenants += (0..<count).map {
                World.tenant(cell * 1000 + $0, on: cell, load: load, pinned: pinned)
            }
        }
        let cells = counts.indices.map { World.cell($0, zone: ["a", "b"][$0 % 2], capacity: capacity) }
        return (World.cells(cells, carrying: tenants), tenants)
    }

    @Test("cells come into the band, and no more moves than it takes")
    func intoBand() {
        let (cells, tenants) = Self.world([80, 20, 50])
        let plan = Self.plan(cells, tenants)
        // The mean is 50: 80 must fall to 55, and 20 rise to 45.
        #expect(plan.outcome == .planned)
        #expect(plan.plan.moves.count == 25)
        #expect(plan.plan.cells.map(\.loadAfter) == [55, 45, 50])
        #expect(plan.outsideBefore == [World.cellID(0), World.cellID(1)])
        #expect(plan.outsideAfter == [])
        #expect(abs(plan.improvement - 0.25) < 1e-9)
    }

    @Test("one move is preferred to many, and the lightest tenant that does it")
    func fewest() {
        let tenants =
            [1, 1, 1, 1, 1, 18, 22, 25].enumerated().map {
                World.tenant($0.offset, on: 0, load: Int64($0.element))
            } + [World.tenant(9, on: 1, load: 30)]
        let cells = World.cells([World.cell(0), World.cell(1)], carrying: tenants)
        // 70 and 30 around 50: anything of 15 to 25 brings both into the band.
        #expect(
            Self.plan(cells, tenants).plan.moves == [
                PlannedMove(
                    tenant: World.tenantID(5), load: 18, source: World.cellID(0), target: World.cellID(1))
            ])
    }

    @Test("tenants too heavy for the band move where that helps, and only then")
    func heavy() {
        let tenants = [
            World.tenant(1, on: 0, load: 50), World.tenant(2, on: 0, load: 50),
            World.tenant(3, on: 1, load: 20),
        ]
        let cells = World.cells([World.cell(0), World.cell(1)], carrying: tenants)
        let plan = Self.plan(cells, tenants)
        #expect(plan.plan.moves.count == 1)
        #expect(plan.plan.cells.map(\.loadAfter) == [50, 70])
        #expect(plan.outsideAfter.count == 2)

        let single = [World.tenant(1, on: 0, load: 50)]
        let lonely = Self.plan(World.cells([World.cell(0), World.cell(1)], carrying: single), single)
        #expect(lonely.outcome == .stuck)
        #expect(lonely.plan.moves == [])
    }

    @Test("within the band nothing moves")
    func balanced() {
        let (cells, tenants) = Self.world([55, 45, 50])
        #expect(Self.plan(cells, tenants).outcome == .balanced)
        #expect(Self.plan([], []).outcome == .balanced)
    }

    @Test("below the threshold nothing moves, and the figures say what it would have brought")
    func threshold() throws {
        let (cells, tenants) = Self.world([57, 43])
        let options = RebalanceOptions(threshold: try #require(Percentage("3%")))
        let plan = Self.plan(cells, tenants, options)
        #expect(plan.outcome == .belowThreshold)
        #expect(plan.plan.moves == [])
        #expect(plan.plan.cells.map(\.loadAfter) == [57, 43])
        #expect(abs(plan.improvement - 0.02) < 1e-9)
        let lower = RebalanceOptions(threshold: try #require(Percentage("2%")))
        #expect(Self.plan(cells, tenants, lower).plan.moves.count == 2)
    }

    @Test("no more moves than allowed, and the farthest cell first")
    func maxMoves() {
        let (cells, tenants) = Self.world([90, 70, 20, 20])
        let plan = Self.plan(cells, tenants, RebalanceOptions(maxMoves: 10))
        #expect(plan.plan.moves.count == 10)
        #expect(Set(plan.plan.moves.map(\.source)) == [World.cellID(0)])
    }

    @Test("who is pinned, excluded, cordoned, dedicated or of another zone stays out of it")
    func exclusions() {
        let pinned = Self.world([80, 20], pinned: true)
        #expect(Self.plan(pinned.cells, pinned.tenants).outcome == .stuck)

        let (cells, tenants) = Self.world([80, 20])
        let noTenants = RebalanceOptions(excludedTenants: Set(tenants.map(\.tenant)))
        #expect(Self.plan(cells, tenants, noTenants).outcome == .stuck)
        for options in [RebalanceOptions(zones: ["a"]), RebalanceOptions(excludedCells: [World.cellID(1)])] {
            // Alone, a cell is its own mean.
            #expect(Self.plan(cells, tenants, options).outcome == .balanced)
        }
        var cordoned = cells
        cordoned[1].schedulable = false
        #expect(Self.plan(cordoned, tenants).outcome == .balanced)
        var dedicated = cells
        dedicated[1].dedicatedTo = World.tenantID(1000)
        #expect(Self.plan(dedicated, tenants).outcome == .balanced)
    }

    @Test("wishes hold: a tenant that must stay in its zone is no one's to give")
    func constraints() {
        var (cells, tenants) = Self.world([80, 20, 20])
        for index in tenants.indices { tenants[index].constraints.zones = ["a"] }
        let plan = Self.plan(cells, tenants)
        #expect(plan.plan.moves.allSatisfy { $0.target == World.cellID(2) })
        // The mean is 40. Cell 2 is filled to the band's edge at 45; what cell 0 still has too much, the two share.
        #expect(plan.plan.cells.map(\.loadAfter) == [50, 20, 50])
        #expect(plan.plan.moves.count == 30)
    }

    @Test("equal tenants take the least moves there can be", arguments: SeededRandom.seeds)
    func least(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            let counts = (0..<Int.random(in: 2...12, using: &random)).map { _ in
                Int.random(in: 0...100, using: &random)
            }
            let (cells, tenants) = Self.world(counts, capacity: 250)
            let plan = Self.plan(cells, tenants, RebalanceOptions(threshold: Percentage(basisPoints: 0)!))
            let (sum, count) = (counts.reduce(0, +), counts.count)
            // 5 % of 250 is 12.5 units.
            let highest = (2 * sum + 25 * count) / (2 * count)
            let lowest = max(0, (2 * sum - 25 * count + 2 * count - 1) / (2 * count))
            let least = max(
                counts.reduce(0) { $0 + max(0, $1 - highest) }, counts.reduce(0) { $0 + max(0, lowest - $1) })
            #expect(plan.plan.moves.count == least, "seed \(seed), \(counts)")
            #expect(plan.outsideAfter == [], "seed \(seed)")
        }
    }

    @Test(
        "no plan makes the worst worse, breaks a wish or depends on an order", arguments: SeededRandom.seeds)
    func property(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for round in 0..<150 {
            let world = World.random(
                cells: .random(in: 2...12, using: &random), tenants: 80, using: &random)
            let options = RebalanceOptions(
                band: Percentage(basisPoints: .random(in: 0...2000, using: &random))!,
                threshold: Percentage(basisPoints: .random(in: 0...500, using: &random))!,
                maxMoves: .random(in: 1...60, using: &random),
                excludedTenants: Set(world.tenants.filter { _ in random.isOne(in: 10) }.map(\.tenant)))
            let plan = Self.plan(world.cells, world.tenants, options)
            let note = "seed \(seed), round \(round)"
            let moves = plan.plan.moves
            #expect(moves.count <= options.maxMoves, "\(note)")
            #expect(World.faults(of: moves, cells: world.cells, tenants: world.tenants) == [], "\(note)")
            let stays = Set(world.tenants.filter(\.pinned).map(\.tenant)).union(options.excludedTenants)
            #expect(moves.allSatisfy { !stays.contains($0.tenant) }, "\(note)")
            #expect(Set(moves.map(\.source)).isDisjoint(with: moves.map(\.target)), "\(note)")
            Self.checkLevels(plan, world.cells, options, note)
            let again = Self.plan(
                world.cells, world.tenants.shuffled(using: &random), options)
            #expect(again == plan, "\(note)")
        }
    }

    private static func checkLevels(
        _ plan: RebalancePlan, _ cells: [World.Candidate], _ options: RebalanceOptions, _ note: String
    ) {
        let taking = cells.indices.filter {
            cells[$0].state == .active && cells[$0].schedulable && cells[$0].dedicatedTo == nil
        }
        let capacity = taking.reduce(0) { $0 + cells[$1].capacity }
        guard capacity > 0 else { return }
        let mean = Double(taking.reduce(0) { $0 + cells[$1].load }) / Double(capacity)
        func levels(_ load: KeyPath<MovePlan.CellLoad, Int64>) -> [Double] {
            taking.map { Double(plan.plan.cells[$0][keyPath: load]) / Double(cells[$0].capacity) }
        }
        let (before, after) = (levels(\.loadBefore), levels(\.loadAfter))
        // A band without a whole unit in it lets a cell be a unit off.
        let unit = 1 / Double(taking.map { cells[$0].capacity }.min() ?? 1)
        let band = max(options.band.fraction, unit)
        func farthest(_ levels: [Double]) -> Double { levels.map { abs($0 - mean) }.max() ?? 0 }
        #expect(farthest(after) <= max(farthest(before), band) + 1e-9, "\(note)")
        #expect((after.max() ?? 0) <= max(before.max() ?? 0, mean + band) + 1e-9, "\(note)")
        if !plan.plan.moves.isEmpty {
            #expect(plan.improvement + 1e-9 >= options.threshold.fraction, "\(note)")
        }
    }

    @Test("the answer says what would be and why")
    func shown() {
        let (cells, tenants) = Self.world([80, 20])
        let shown = Self.plan(cells, tenants).shown(itemsMax: 1)
        #expect(shown["outcome"] == "planned")
        #expect(shown["band"] == "5%")
        #expect(shown["meanPercent"] == 50.0)
        #expect(shown["largestDeviationPercent"] == ["before": 30.0, "after": 5.0])
        #expect(shown["cellsOutsideBand"] == ["before": 2, "after": 0, "left": []])
        #expect(shown["moves"]?["total"] == 25)
        #expect(shown["moves"]?["items"]?.array?.count == 1)
    }
}
