import JSON
import Registry
import Testing

@Suite("Rebalance options")
struct RebalanceOptionsTests {
    private static func read(_ document: JSONValue) throws -> RebalanceOptions {
        let reader = try DocumentReader(document)
        let options = RebalanceOptions(from: reader)
        try reader.finish()
        return options
    }

    @Test("left out, the defaults hold")
    func defaults() throws {
        let options = try Self.read([:])
        #expect(options == RebalanceOptions())
        #expect(options.band.description == "5%")
        #expect(options.threshold.description == "1%")
        #expect(options.maxMoves == 1000)
    }

    @Test("each field is read")
    func read() throws {
        let options = try Self.read([
            "band": "2.5%", "threshold": "0%", "maxMoves": 7, "zones": ["a"],
            "exclude": ["cells": ["cell-1"], "tenants": ["t-1"]],
        ])
        #expect(options.band.basisPoints == 250)
        #expect(options.threshold.basisPoints == 0)
        #expect(options.maxMoves == 7)
        #expect(options.zones == ["a"])
        #expect(options.excludedCells == [PlanningWorld.cellID(1)])
        #expect(options.excludedTenants == [PlanningWorld.tenantID(1)])
    }

    @Test("each wrong field is named")
    func wrong() {
        let error = #expect(throws: RegistryError.self) {
            try Self.read([
                "band": 5, "threshold": "much", "maxMoves": 0, "zones": ["a b"],
                "exclude": ["cells": ["A"], "hosts": []],
            ])
        }
        #expect(
            Set(error?.errors.map(\.field) ?? []) == [
                "band", "threshold", "maxMoves", "zones[0]", "exclude.cells[0]", "exclude.hosts",
            ])
    }
}
