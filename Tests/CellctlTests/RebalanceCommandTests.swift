import JSON
import Testing

@testable import cellctl

@Suite struct RebalanceCommandTests {
    private static func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Reply {
        if request.isDryRun { return .json(MovePlanTests.answer) }
        guard request.fields["if-plan-match"] == "p1" else { return .problem(412, "preconditionFailed") }
        return .json(["id": "op-1", "kind": "rebalance", "state": "running", "done": false], status: 202)
    }

    @Test("a plan is a dry run with what was asked for")
    func plan() throws {
        try ScriptedServer.run(Self.answer) { server in
            let terminal = Terminal()
            let arguments = [
                "rebalance", "plan", "--band", "10%", "--threshold", "1%", "--max-moves", "50", "--zone", "a",
                "--zone", "b", "--exclude-cell", "c1", "--exclude-tenant", "t", "--batch-size", "5", "--url",
                server.url,
            ]
            #expect(Cellctl.execute(arguments, terminal.surroundings()) == .success)
            #expect(terminal.output.contains("LOAD BEFORE  LOAD AFTER"))
            #expect(server.lines == ["POST /v1/rebalance?dryRun=true"])
            #expect(
                server.received[0].json == [
                    "band": "10%", "threshold": "1%", "maxMoves": 50, "zones": ["a", "b"],
                    "exclude": ["cells": ["c1"], "tenants": ["t"]], "batchSize": 5,
                ])
        }
    }

    @Test("it applies the plan that it showed, and no other")
    func apply() throws {
        try ScriptedServer.run(Self.answer) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "rebalance", "apply", "--max-moves", "5") == .success)
            #expect(terminal.output.hasSuffix("operation/op-1 started: rebalance\n"))
            #expect(terminal.output.contains("3 tenants would move"))
            #expect(server.lines == ["POST /v1/rebalance?dryRun=true", "POST /v1/rebalance"])
            #expect(server.received.allSatisfy { $0.json == ["maxMoves": 5] })
        }
    }

    @Test("a plan from before is applied unseen, and refused where it no longer holds")
    func token() throws {
        try ScriptedServer.run(Self.answer) { server in
            #expect(Terminal().run(server, "rebalance", "apply", "--if-plan-match", "p1") == .success)
            #expect(Terminal().run(server, "rebalance", "apply", "--if-plan-match", "p0") == .conflict)
            #expect(server.lines == ["POST /v1/rebalance", "POST /v1/rebalance"])
        }
    }

    @Test("someone at a terminal is asked, and no is no")
    func asked() throws {
        try ScriptedServer.run(Self.answer) { server in
            for format in ["table", "json"] {
                let terminal = Terminal(answers: ["n"])
                #expect(terminal.run(server, "rebalance", "apply", "--no-color", "-o", format) == .failure)
                #expect(terminal.errors.hasSuffix("Go on? [y/N] error: nothing was changed\n"))
                #expect((terminal.output + terminal.errors).contains("3 tenants would move"))
            }
            #expect(server.received.allSatisfy { $0.isDryRun })
            #expect(Terminal(answers: ["y"]).run(server, "rebalance", "apply") == .success)
            #expect(Terminal(answers: []).run(server, "rebalance", "apply", "--yes") == .success)
        }
    }

    @Test("where nothing would move, nothing is sent")
    func nothing() throws {
        try ScriptedServer.run { _ in
            .json(["plan": "p1", "moves": ["total": 0, "items": []], "result": ["kind": "rebalance"]])
        } _: { server in
            let terminal = Terminal(answers: [])
            #expect(terminal.run(server, "rebalance", "apply") == .success)
            #expect(terminal.output == "rebalance: nothing would move\n")
            #expect(server.lines == ["POST /v1/rebalance?dryRun=true"])
        }
    }
}
