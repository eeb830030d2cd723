import JSON
import Testing

@testable import cellctl

@Suite struct PoliciesCommandTests {
    private static let policies: JSONValue = [
        "activeZonesMin": 1, "drainingCellsMax": 10,
        "massFailureBrake": ["unhealthyPercent": 25, "cellsMin": 3],
        "changeCalendar": [["name": "weekend", "days": ["sat", "sun"]], ["name": "black friday"]],
        "revision": 7, "updatedAt": "2026-01-31T12:00:00Z",
    ]

    private static func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Reply {
        request.method == "GET"
            ? .json(policies, fields: ["ETag: \"inc.7\""])
            : .json(["revision": 8, "previousRevision": 7])
    }

    @Test("the rules are a line each")
    func get() throws {
        try ScriptedServer.run(Self.answer) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "policies", "get") == .success)
            #expect(
                terminal.output == """
                    RULE              VALUE
                    activeZonesMin    1
                    drainingCellsMax  10
                    massFailureBrake  unhealthyPercent=25 cellsMin=3
                    changeCalendar    name=weekend days=["sat","sun"]
                    changeCalendar    name=black friday

                    """)
            let document = Terminal()
            #expect(document.run(server, "policies", "get", "-o", "json") == .success)
            let shown = try json(document.output)
            #expect(shown == Self.policies)
        }
    }

    @Test("a document replaces the rules")
    func set() throws {
        try ScriptedServer.run(Self.answer) { server in
            try withFile("activeZonesMin: 2\nrevision: 7\n") { path in
                let terminal = Terminal()
                #expect(
                    terminal.run(server, "policies", "set", "-f", path, "--if-match", "inc.7") == .success)
                #expect(terminal.output == "policies updated (revision 8)\n")
            }
            #expect(server.lines == ["PUT /v1/policies"])
            #expect(server.received[0].json == ["activeZonesMin": 2, "revision": 7])
            #expect(server.received[0].fields["if-match"] == "\"inc.7\"")
        }
    }

    @Test("a patch reads the rules, and writes them on the condition that they are still so")
    func patch() throws {
        try ScriptedServer.run(Self.answer) { server in
            let terminal = Terminal()
            let arguments = [
                "policies", "patch", "--set", "massFailureBrake.cellsMin=5", "--set", "changeCalendar=[]",
                "--url", server.url,
            ]
            #expect(Cellctl.execute(arguments, terminal.surroundings()) == .success)
            #expect(server.lines == ["GET /v1/policies", "PUT /v1/policies"])
            let written = server.received[1]
            #expect(written.fields["if-match"] == "\"inc.7\"")
            #expect(
                written.json
                    == Self.policies.applyingMergePatch(
                        ["massFailureBrake": ["cellsMin": 5], "changeCalendar": []]))
        }
    }
}
