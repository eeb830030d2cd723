import Registry
import Testing

@Suite("Moving tenants")
struct MovingTenantTests {
    @Test("the demanding are placed first, of each kind the heaviest, of equal ones by name")
    func order() {
        typealias World = PlanningWorld
        let tenants = [
            World.tenant(5, on: 0, load: 1), World.tenant(4, on: 0, load: 1), World.tenant(3, on: 0, load: 9),
            World.tenant(2, on: 0, load: 1, peers: [World.tenantID(9): World.cellID(1)]),
            World.tenant(1, on: 0, load: 2, PlacementConstraints(zones: ["a"])),
            World.tenant(0, on: 0, load: 1, PlacementConstraints(dedicated: true)),
        ]
        let sorted = tenants.shuffled().sorted(by: MovingTenant.isPlacedBefore)
        #expect(sorted.map(\.tenant) == [0, 1, 2, 3, 4, 5].map(World.tenantID))
    }
}
