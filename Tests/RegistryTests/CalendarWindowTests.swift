import JSON
import Registry
import Testing

@Suite("Calendar windows")
struct CalendarWindowTests {
    private static func policies(_ windows: JSONValue) throws -> SafetyPolicies {
        try SafetyPolicies(document: ["changeCalendar": windows])
    }

    @Test("both kinds come back as they were given")
    func roundTrip() throws {
        let windows: JSONValue = [
            [
                "name": "weekend", "timeZone": "Europe/Berlin", "days": ["sat", "sun"], "from": "00:00",
                "to": "24:00",
            ],
            ["name": "night", "timeZone": "UTC", "days": ["mon"], "from": "22:05", "to": "06:30"],
            [
                "name": "black friday", "start": "2026-11-27T00:00:00.000Z",
                "end": "2026-12-01T00:00:00.000Z",
            ],
        ]
        #expect(try Self.policies(windows).document["changeCalendar"] == windows)
    }

    @Test(
        "what is wrong with a window is told, field by field",
        arguments: [
            (["name": "", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"], ["name"]),
            (["name": "x", "start": "2026-01-01T00:00:00Z"], ["end"]),
            (["name": "x", "start": "2026-01-02T00:00:00Z", "end": "2026-01-02T00:00:00Z"], ["end"]),
            (
                ["name": "x", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z", "days": []],
                ["days"]
            ),
            (["name": "x"], ["timeZone", "days", "from", "to"]),
            (["name": "x", "timeZone": "UTC", "days": [], "from": "01:00", "to": "02:00"], ["days"]),
            (
                ["name": "x", "timeZone": "Mars/Base", "days": ["sat"], "from": "01:00", "to": "02:00"],
                ["timeZone"]
            ),
            (
                [
                    "name": "x", "timeZone": "UTC", "days": ["Sat", "sun", "sun"], "from": "1:00",
                    "to": "24:01",
                ],
                ["days[0]", "days[2]", "from", "to"]
            ),
            (["name": "x", "timeZone": "UTC", "days": ["sat"], "from": "24:00", "to": "02:00"], ["from"]),
            (["name": "x", "timeZone": "UTC", "days": ["sat"], "from": "02:00", "to": "02:00"], ["to"]),
            (
                [
                    "name": "x", "timeZone": "UTC", "days": ["sat"], "from": "02:00", "to": "02:60",
                    "note": "",
                ],
                ["to", "note"]
            ),
        ] as [(JSONValue, [String])])
    func wrong(_ window: JSONValue, _ fields: [String]) {
        let error = #expect(throws: RegistryError.self) { try Self.policies([window]) }
        #expect(Set(error?.errors.map(\.field) ?? []) == Set(fields.map { "changeCalendar[0].\($0)" }))
    }

    @Test("a list of windows is one, of objects, and each name is there once")
    func list() {
        let one: JSONValue = ["name": "x", "start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"]
        let twice = #expect(throws: RegistryError.self) { try Self.policies([one, one]) }
        #expect(twice?.errors.map(\.field) == ["changeCalendar[1].name"])
        let mixed = #expect(throws: RegistryError.self) { try Self.policies([one, "sunday"]) }
        #expect(mixed?.errors.map(\.field) == ["changeCalendar[1]"])
        let many = #expect(throws: RegistryError.self) {
            try Self.policies(.array(Array(repeating: one, count: 65)))
        }
        #expect(many?.errors == [FieldError("changeCalendar", "must have at most 64 entries")])
        #expect(throws: RegistryError.self) { try Self.policies("none") }
    }
}
