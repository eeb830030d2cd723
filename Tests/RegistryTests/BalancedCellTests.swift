import Testing

@testable import Registry

@Suite("Cells in a rebalance")
struct BalancedCellTests {
    private static func cell(
        capacity: Int64, load: Int64, mean: (load: Int64, capacity: Int64), band: String
    ) -> BalancedCell {
        BalancedCell(
            index: 0, cell: PlanningWorld.cell(0, capacity: capacity, load: load), mean: mean,
            band: Percentage(band)!)
    }

    @Test("the band's edges are the whole units inside it")
    func edges() {
        let cell = Self.cell(capacity: 30, load: 25, mean: (50, 100), band: "5%")
        // 13.5 to 16.5
        #expect((cell.lowest, cell.highest) == (14, 16))
        #expect((cell.excess, cell.lack) == (9, 0))
        #expect(Self.cell(capacity: 30, load: 10, mean: (50, 100), band: "5%").lack == 4)
        #expect(Self.cell(capacity: 30, load: 16, mean: (50, 100), band: "5%").isWithinBand)
    }

    @Test("a band without a whole unit has those on both sides of the mean")
    func narrow() {
        let cell = Self.cell(capacity: 3, load: 0, mean: (50, 100), band: "1%")
        #expect((cell.lowest, cell.highest) == (1, 2))
    }

    @Test("figures at the limit do not overflow, and the band ends at nothing")
    func extremes() {
        let whole = Limits.unitsMax * Int64(Limits.cellsMax)
        let cell = Self.cell(capacity: Limits.unitsMax, load: 0, mean: (whole, whole), band: "100%")
        #expect((cell.lowest, cell.highest) == (0, 2 * Limits.unitsMax))
        #expect(Self.cell(capacity: 100, load: 0, mean: (1, 100), band: "5%").lowest == 0)
    }

    @Test("tenants are found by their weight")
    func search() {
        var cell = Self.cell(capacity: 10, load: 0, mean: (1, 2), band: "5%")
        cell.tenants = [1, 3, 3, 7].enumerated().map {
            PlanningWorld.tenant($0.offset, on: 0, load: $0.element)
        }
        #expect([0, 1, 2, 3, 4, 7, 8].map { cell.firstTenant(weighing: $0) } == [0, 0, 1, 1, 3, 3, 4])
    }
}
