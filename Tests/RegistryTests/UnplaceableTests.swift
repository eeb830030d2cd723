import Testing

@testable import Registry

@Suite("Why a tenant finds no cell")
struct UnplaceableTests {
    @Test("each kind of objection has its sentence, the most frequent first")
    func sentences() {
        var tally = ObjectionTally()
        for (index, kind) in Objection.Kind.allCases.enumerated() {
            for _ in 0...index { tally.count(kind) }
        }
        tally.leaving = 20
        let tenant = PlanningWorld.tenant(
            1, on: 0, load: 40,
            PlacementConstraints(
                zones: ["z1", "z2", "z3", "z4", "z5"], matchLabels: ["tier": "gold", "disk": "ssd"]))
        let blockers = tally.blockers(for: tenant)
        #expect(
            blockers.map(\.message) == [
                "20 cells are emptied by this plan",
                "9 cells have no headroom for 40 units",
                "8 cells have tenants, and this one wants a cell for itself",
                "7 cells are dedicated to another tenant",
                "6 cells have a tenant that this one avoids, or that avoids it",
                "5 cells are avoided by the tenant",
                "4 cells lack the labels disk=ssd, tier=gold",
                "3 cells are in other zones than z1, z2, z3 and 2 more",
                "2 cells are cordoned",
                "1 cell is not active",
            ])
        #expect(blockers.map(\.id).last == "notActive")
        #expect(tally.reason == .noHeadroom)
    }

    @Test("where there is no other cell, that is said")
    func noCell() {
        let blockers = ObjectionTally().blockers(for: PlanningWorld.tenant(1, on: 0))
        #expect(blockers == [Blocker(kind: "cells", id: "none", message: "there is no other cell")])
        #expect(ObjectionTally().reason == nil)
    }
}
