import JSON
import Registry
import Testing

@Suite("Safety policies")
struct SafetyPoliciesTests {
    @Test("left out, the defaults hold, and they are shown")
    func defaults() throws {
        let policies = try SafetyPolicies(document: [:])
        #expect(policies == SafetyPolicies())
        #expect(
            policies.document == [
                "activeZonesMin": 1, "drainingCellsMax": 10, "remainingCapacityPercentMin": 0,
                "massFailureBrake": ["unhealthyPercent": 25, "cellsMin": 3], "changeCalendar": [],
            ])
    }

    @Test("what is shown can be sent back")
    func roundTrip() throws {
        let document: JSONValue = [
            "activeZonesMin": 2, "drainingCellsMax": 0, "remainingCapacityPercentMin": 20,
            "massFailureBrake": ["unhealthyPercent": 10, "cellsMin": 5],
            "changeCalendar": [
                ["name": "x", "start": "2026-11-27T00:00:00.000Z", "end": "2026-11-28T00:00:00.000Z"]
            ], "revision": 7, "updatedAt": "2026-11-27T00:00:00.000Z",
        ]
        let policies = try SafetyPolicies(document: document)
        #expect(try SafetyPolicies(document: policies.document) == policies)
        #expect(policies.drainingCellsMax == 0)
        #expect(policies.massFailureBrake == .init(unhealthyPercent: 10, cellsMin: 5))
        let half = try SafetyPolicies(document: ["massFailureBrake": ["cellsMin": 9]])
        #expect(half.massFailureBrake == .init(unhealthyPercent: 25, cellsMin: 9))
    }

    @Test("each wrong field is named")
    func wrong() {
        let error = #expect(throws: RegistryError.self) {
            try SafetyPolicies(document: [
                "activeZonesMin": 17, "drainingCellsMax": -1, "remainingCapacityPercentMin": 101,
                "massFailureBrake": ["unhealthyPercent": 0, "cellsMin": "3", "share": 1], "freeze": true,
            ])
        }
        #expect(
            error?.errors.map(\.field) == [
                "activeZonesMin", "drainingCellsMax", "remainingCapacityPercentMin",
                "massFailureBrake.unhealthyPercent", "massFailureBrake.cellsMin", "massFailureBrake.share",
                "freeze",
            ])
    }
}
