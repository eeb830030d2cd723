import TestRandom
import Testing

@testable import Registry

@Suite("Move planner")
struct MovePlannerTests {
    private typealias World = PlanningWorld

    private static func place(
        _ tenants: [MovingTenant], on cells: [World.Candidate], leaving: Set<CellID> = []
    ) -> MovePlan {
        var planner = MovePlanner(cells: cells, leaving: leaving)
        for tenant in tenants { _ = planner.place(tenant) }
        return planner.plan
    }

    @Test("a tenant goes to the cell that the policy chooses, never to its own")
    func chosen() {
        let cells = [
            World.cell(0, load: 1, tenants: 1), World.cell(1, load: 50), World.cell(2, load: 40),
        ]
        let plan = Self.place([World.tenant(1, on: 0)], on: cells)
        #expect(plan.moves.map(\.target) == [World.cellID(2)])
        #expect(plan.cells.map(\.loadAfter) == [0, 50, 41])
        #expect(plan.cells.map(\.tenantsAfter) == [0, 0, 1])
    }

    @Test("cells that the plan empties take nothing, and keep their state in the end picture")
    func leaving() {
        let cells = [World.cell(0, load: 1, tenants: 1), World.cell(1), World.cell(2, load: 90)]
        var planner = MovePlanner(cells: cells, leaving: [World.cellID(0), World.cellID(1)])
        #expect((try? planner.place(World.tenant(1, on: 0)).get())?.target == World.cellID(2))
        #expect(planner.cells.map(\.state) == [.active, .active, .active])
        #expect(planner.cells.map(\.schedulable) == [true, true, true])
        #expect(planner.cells.map(\.load) == [0, 0, 91])
    }

    @Test("no move relies on room that another move of the plan frees")
    func inFlight() {
        // Both could swap if one left first; while both are under way neither has room.
        let tenants = [World.tenant(1, on: 0, load: 60), World.tenant(2, on: 1, load: 60)]
        let cells = World.cells([World.cell(0), World.cell(1)], carrying: tenants)
        let plan = Self.place(tenants, on: cells)
        #expect(plan.moves == [])
        #expect(plan.unplaceable.map(\.reason) == [.noHeadroom, .noHeadroom])
        #expect(plan.cells.map(\.loadAfter) == [60, 60])
    }

    @Test("what is planned takes room at once")
    func plannedLoadCounts() {
        let tenants = (1...3).map { World.tenant($0, on: 0, load: 40) }
        let cells = World.cells([World.cell(0, capacity: 200), World.cell(1)], carrying: tenants)
        let plan = Self.place(tenants, on: cells, leaving: [World.cellID(0)])
        #expect(plan.moves.count == 2)
        #expect(
            plan.unplaceable == [
                Unplaceable(
                    tenant: World.tenantID(3), source: World.cellID(0), load: 40,
                    blockers: [
                        Blocker(
                            kind: "cells", id: "noHeadroom", message: "1 cell has no headroom for 40 units")
                    ], reason: .noHeadroom)
            ])
        #expect(plan.cells.map(\.loadAfter) == [40, 80])
    }

    @Test("a planned peer counts where it is and where it goes")
    func peers() {
        let (one, two) = (World.tenantID(1), World.tenantID(2))
        let tenants = [
            World.tenant(1, on: 0, peers: [two: World.cellID(1)]),
            World.tenant(2, on: 1, PlacementConstraints(avoidTenants: [one]), peers: [one: World.cellID(0)]),
        ]
        let cells = World.cells((0...2).map { World.cell($0) }, carrying: tenants)
        let plan = Self.place(tenants, on: cells)
        // The first can only go to cell 2; then the second finds it on 0 still, and on 2 already.
        #expect(plan.moves.map(\.target) == [World.cellID(2)])
        #expect(plan.unplaceable.map(\.reason) == [.antiAffinity])
        #expect(
            plan.unplaceable[0].blockers.map(\.message) == [
                "2 cells have a tenant that this one avoids, or that avoids it"
            ])
    }

    @Test("a cell is dedicated to a tenant from the moment its move is planned, and released at the end")
    func dedicated() {
        let tenants = [
            World.tenant(1, on: 0, PlacementConstraints(dedicated: true)), World.tenant(2, on: 2),
        ]
        let cells = World.cells((0...2).map { World.cell($0) }, carrying: tenants)
        var planner = MovePlanner(cells: cells, leaving: [])
        #expect((try? planner.place(tenants[0]).get())?.target == World.cellID(1))
        guard case .failure(let failure) = planner.place(tenants[1]) else {
            Issue.record("it went to a dedicated cell")
            return
        }
        #expect(failure.blockers.map(\.message) == ["2 cells are dedicated to another tenant"])
        #expect(planner.cells.map(\.dedicatedTo) == [nil, World.tenantID(1), nil])
    }

    @Test("a named target is taken, or refused with each of its objections")
    func named() {
        let cells = [
            World.cell(0, load: 1, tenants: 1), World.cell(1, load: 50),
            World.cell(2, zone: "b", schedulable: false),
            World.cell(3),
        ]
        var planner = MovePlanner(cells: cells, leaving: [World.cellID(3)])
        let tenant = World.tenant(1, on: 0, PlacementConstraints(zones: ["a"]))
        func refusal(_ target: Int) -> [String] {
            guard case .failure(let failure) = planner.place(tenant, on: World.cellID(target)) else {
                return []
            }
            return failure.blockers.map(\.message)
        }
        #expect(refusal(9) == ["there is no such cell"])
        #expect(refusal(0) == ["the tenant is on it already"])
        #expect(refusal(3) == ["it is emptied by this plan"])
        #expect(refusal(2) == ["it is cordoned", "its zone 'b' is none of those that the tenant asks for"])
        #expect((try? planner.place(tenant, on: World.cellID(1)).get())?.target == World.cellID(1))
        #expect(planner.plan.unplaceable.count == 4)
    }

    @Test("plans keep every wish, while the moves run and after", arguments: SeededRandom.seeds)
    func property(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for round in 0..<150 {
            let world = World.random(
                cells: .random(in: 2...12, using: &random), tenants: 60, using: &random)
            let leaving = Set(world.cells.filter { _ in random.isOne(in: 3) }.map(\.id))
            let moving = world.tenants.filter { leaving.contains($0.source) || random.isOne(in: 6) }
            var planner = MovePlanner(cells: world.cells, leaving: leaving)
            for tenant in moving {
                let expected = Self.policysChoice(for: tenant, planner, leaving)
                let found = try? planner.place(tenant).get()
                #expect(found?.target == expected, "seed \(seed), round \(round)")
            }
            let plan = planner.plan
            #expect(plan.moves.count + plan.unplaceable.count == moving.count)
            let faults = World.faults(of: plan.moves, cells: world.cells, tenants: world.tenants)
            #expect(faults == [], "seed \(seed), round \(round)")
            #expect(plan.moves.allSatisfy { !leaving.contains($0.target) })
            Self.checkSums(plan, world.cells, seed)
            #expect(plan.unplaceable.allSatisfy { Self.counted($0) == world.cells.count - 1 }, "seed \(seed)")
        }
    }

    /// The policy asked anew over the same cells, with the source cordoned.
    private static func policysChoice(
        for tenant: MovingTenant, _ planner: MovePlanner, _ leaving: Set<CellID>
    ) -> CellID? {
        let moves = planner.plan.moves
        var cells = planner.underway
        for index in cells.indices where cells[index].id == tenant.source { cells[index].schedulable = false }
        var avoided: [CellID: TenantID] = [:]
        for (peer, cell) in tenant.peers {
            avoided[cell] = peer
            for move in moves where move.tenant == peer { avoided[move.target] = peer }
        }
        let question = PlacementPolicy.Question(
            tenant: tenant.tenant, load: tenant.load, constraints: tenant.constraints, avoided: avoided)
        return Candidates(cells).choose(for: question).map { cells[$0].id }
    }

    private static func checkSums(_ plan: MovePlan, _ cells: [World.Candidate], _ seed: UInt64) {
        for (cell, before) in zip(plan.cells, cells) {
            let arriving = plan.moves.filter { $0.target == cell.cell }
            let departing = plan.moves.filter { $0.source == cell.cell }
            let load = arriving.reduce(0) { $0 + $1.load } - departing.reduce(0) { $0 + $1.load }
            #expect(cell.loadAfter == before.load + load, "seed \(seed)")
            #expect(cell.tenantsAfter == before.tenants + Int64(arriving.count - departing.count))
        }
    }

    /// How many cells the blockers speak of.
    private static func counted(_ unplaceable: Unplaceable) -> Int {
        unplaceable.blockers.reduce(0) { $0 + (Int($1.message.prefix { $0.isNumber }) ?? 0) }
    }

    @Test("many of one load are spread as one by one, where no cells tie", arguments: SeededRandom.seeds)
    func bulk(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        // Capacities of their own primes: no two utilisations are equal but those of empty and full cells.
        let primes: [Int64] = [101, 103, 107, 109, 113, 127, 131]
        let cells =
            primes.enumerated().map {
                World.cell($0, capacity: $1, load: .random(in: 1...50, using: &random))
            } + [World.cell(7, state: .draining), World.cell(8, load: 100, tenants: 100)]
        var single = MovePlanner(cells: cells, leaving: [World.cellID(8)])
        var bulk = single
        let load = Int64.random(in: 1...5, using: &random)
        let tenants = Int.random(in: 1...100, using: &random)
        let found = (0..<tenants).filter {
            (try? single.place(World.tenant($0, on: 8, load: load)).get()) != nil
        }
        #expect(bulk.fill(load: load, tenants: Int64(tenants)) == Int64(found.count), "seed \(seed)")
        #expect(bulk.underway.map(\.load) == single.underway.map(\.load), "seed \(seed)")
    }
}
