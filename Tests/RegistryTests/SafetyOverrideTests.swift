import JSON
import Registry
import Testing

@Suite("Safety overrides")
struct SafetyOverrideTests {
    private static func read(_ document: JSONValue) throws -> SafetyOverride? {
        let reader = try DocumentReader(["override": document])
        let result = reader.nested("override") { SafetyOverride(from: $0) }
        try reader.finish()
        return result ?? nil
    }

    @Test("rules by name, or all")
    func rules() throws {
        let one = try Self.read(["rules": ["changeCalendar"], "reason": "the fire is in zone a"])
        #expect(one == SafetyOverride(rules: [.changeCalendar], reason: "the fire is in zone a"))
        let all = try Self.read(["rules": ["all"], "reason": "r"])
        #expect(all?.rules == Set(SafetyRule.allCases))
        #expect(
            all?.document == [
                "rules": [
                    "activeZonesMin", "drainingCellsMax", "remainingCapacityPercentMin", "massFailureBrake",
                    "changeCalendar",
                ], "reason": "r",
            ])
    }

    @Test(
        "nothing is lifted without rules and a reason",
        arguments: [
            ([:], ["rules", "reason"]), (["rules": ["changeCalendar"]], ["reason"]),
            (["rules": ["changeCalendar"], "reason": " "], ["reason"]),
            (["rules": ["changeCalendar"], "reason": "a\u{0}"], ["reason"]),
            (["rules": [], "reason": "r"], ["rules"]), (["rules": ["luck"], "reason": "r"], ["rules[0]"]),
            (["rules": "all", "reason": "r"], ["rules"]),
            (["rules": ["all"], "reason": "r", "by": "me"], ["by"]),
            ("all", [""]),
        ] as [(JSONValue, [String])])
    func wrong(_ document: JSONValue, _ fields: [String]) {
        let error = #expect(throws: RegistryError.self) { try Self.read(document) }
        let found = Set(error?.errors.map(\.field) ?? [])
        #expect(found == Set(fields.map { $0.isEmpty ? "override" : "override.\($0)" }))
    }
}
