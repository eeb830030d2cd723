import JSON
import Synchronization
import Testing

@testable import cellctl

/// The commands that begin rollouts, watch and steer them.
@Suite struct RolloutCommandTests {
    private static func rollout(_ state: String, _ completed: Int64, _ more: JSONValue = [:]) -> JSONValue {
        let rollout: JSONValue = [
            "id": "rollout-1", "release": "v2", "state": .string(state), "direction": "forward", "wave": 1,
            "done": .bool(["succeeded", "rolledBack", "aborted", "failed"].contains(state)),
            "progress": ["total": 4, "completed": .integer(completed), "failed": 0, "inFlight": 1],
            "waves": [
                ["number": 1, "why": "canary", "state": "changing", "cells": 1, "byState": ["updating": 1]],
                ["number": 2, "why": "the rest", "state": "waiting", "cells": 3, "byState": ["pending": 3]],
            ], "blockers": [["kind": "cell", "id": "cell-1", "message": "is changed by 'script'"]],
            "nextSteps": [],
        ]
        return rollout.applyingMergePatch(more)
    }

    /// A control plane whose rollout is a step further with each look at it.
    private static func server(
        _ steps: [JSONValue], cells: JSONValue = []
    ) -> @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply {
        let looks = Mutex(0)
        return { request in
            if request.method == "POST" { return .json(rollout("pending", 0), status: 202) }
            if request.target.contains("/cells") { return .json(["items": cells]) }
            let look = looks.withLock { looks in
                defer { looks += 1 }
                return min(looks, steps.count - 1)
            }
            return steps[look].isNull ? .problem(503, "overloaded") : .json(steps[look])
        }
    }

    @Test("what is asked for is sent as the API takes it; options go before the document")
    func create() throws {
        try ScriptedServer.run(Self.server([])) { server in
            let terminal = Terminal()
            let document = "strategy: {bakeTime: 1h, maxParallel: 2}\nonFailure: pause\n"
            let ending = try withFile(document) { file in
                terminal.run(
                    server, "rollouts", "create", "v2", "-f", file, "--canary", "cell-1", "--wave", "10%",
                    "--wave", "3", "--bake-time", "5m", "--failure-budget", "2%", "--zone", "a", "--label",
                    "ring=one", "--approve-wave", "2", "--reason", "weekly")
            }
            #expect(ending == .success)
            #expect(terminal.output == "rollout/rollout-1 started: 0 of 4 cells done, 1 in flight\n")
            #expect(terminal.errors == "watch it with: cellctl rollouts watch rollout-1\n")
            #expect(server.lines == ["POST /v1/rollouts"])
            #expect(server.received[0].fields["audit-reason"] == "weekly")
            #expect(
                server.received[0].json == [
                    "release": "v2", "onFailure": "pause",
                    "selector": ["zones": ["a"], "labels": ["ring": "one"]],
                    "strategy": [
                        "bakeTime": "5m0s", "maxParallel": 2, "canary": ["cell-1"], "waves": ["10%", 3],
                        "failureBudget": "2%", "approval": ["waves": [2]],
                    ],
                ])
        }
    }

    @Test(
        "a watch ends as the rollout does, and where it waits for a person",
        arguments: [
            ("succeeded", .success), ("rolledBack", .operationFailed), ("failed", .operationFailed),
            ("aborted", .operationCancelled), ("paused", .waitsForPerson),
            ("awaitingApproval", .waitsForPerson),
        ] as [(String, Ending)])
    func watch(_ state: String, _ ending: Ending) throws {
        let steps = [Self.rollout("running", 0), .null, Self.rollout("running", 2), Self.rollout(state, 4)]
        try ScriptedServer.run(Self.server(steps)) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "rollouts", "watch", "rollout-1") == ending)
            let told = terminal.output + terminal.errors
            #expect(told.contains("rollout of v2 (rollout-1) \(state): 4 of 4 cells done"))
            #expect(terminal.errors.contains("wave 1 of 2; 0 of 4 cells done, 1 in flight"))
        }
    }

    @Test("a look shows every wave, the cells that failed, whom it waits for and what can be done")
    func get() throws {
        let paused = Self.rollout(
            "paused", 0,
            [
                "progress": ["failed": 1, "total": 1], "nextSteps": ["POST /v1/rollouts/rollout-1:resume"],
                "cause": ["kind": "failureBudget", "message": "1 cell has failed"], "blockersOmitted": 3,
                "uncovered": ["cell-9"],
            ])
        let failed: JSONValue = [["cell": "cell-2", "state": "failed", "message": "does not start"]]
        try ScriptedServer.run(Self.server([paused], cells: failed)) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "rollouts", "get", "rollout-1") == .success)
            let lines = terminal.output.split(separator: "\n").map(String.init)
            #expect(lines[0] == "rollout of v2 (rollout-1) paused: 1 cell has failed")
            #expect(lines[1].contains("wave 1, canary: changing") && lines[2].contains("wave 2, the rest"))
            #expect(
                Array(lines[3...]) == [
                    "0 of 1 cell done, 1 in flight, 1 failed", "cell-2 failed: does not start",
                    "waits for cell cell-1: is changed by 'script'", "… and 3 more",
                    "came later, and is no part of it: cell-9", "next: POST /v1/rollouts/rollout-1:resume",
                ], "\(lines)")
            let names = Terminal()
            #expect(names.run(server, "rollouts", "get", "rollout-1", "-o", "name") == .success)
            #expect(names.output == "rollout-1\n")
        }
    }

    @Test("cells that failed are named with their words, and what can be done is said")
    func failing() throws {
        let failed: JSONValue = [
            "progress": ["failed": 1], "nextSteps": ["POST /v1/rollouts/rollout-1:retry"],
            "cause": ["kind": "failureBudget", "message": "1 cell has failed"],
        ]
        let cells: JSONValue = [["cell": "cell-1", "state": "failed", "message": "does not start"]]
        try ScriptedServer.run(Self.server([Self.rollout("paused", 0, failed)], cells: cells)) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "rollouts", "create", "v2", "--wait") == .waitsForPerson)
            for line in [
                "1 cell has failed", "cell-1: does not start", "next: POST /v1/rollouts/rollout-1:retry",
            ] { #expect(terminal.errors.contains(line)) }
            #expect(server.lines.last == "GET /v1/rollouts/rollout-1/cells?state=failed&limit=10")
        }
    }

    @Test("a rollback that is waited for is done when all is back")
    func rollback() throws {
        let back: JSONValue = ["direction": "back"]
        try ScriptedServer.run(
            Self.server([Self.rollout("rollingBack", 1, back), Self.rollout("rolledBack", 4, back)])
        ) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "rollouts", "rollback", "rollout-1", "--wait") == .success)
            #expect(terminal.output.contains("rolledBack: 4 of 4 cells back"))
            #expect(server.lines.first == "POST /v1/rollouts/rollout-1:rollback")
        }
    }

    @Test("a preview shows each wave's cells, and one that would be refused is a conflict")
    func preview() throws {
        let cell: JSONValue = ["cell": "cell-1", "zone": "a", "verdict": "refused", "why": "is in rollout-2"]
        let plan: JSONValue = [
            "waves": [["number": 1, "why": "canary", "cells": [cell]]], "warnings": ["a wave makes no wave"],
            "blockers": [["kind": "rollout", "id": "rollout-2", "message": "has the cell 'cell-1'"]],
        ]
        try ScriptedServer.run { _ in
            .json(plan)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "rollouts", "preview", "v2") == .conflict)
            #expect(terminal.output == "wave 1, canary: 1 cell\n  cell-1  a  refused: is in rollout-2\n")
            #expect(terminal.errors.contains("warning: a wave makes no wave"))
            #expect(terminal.errors.contains("rollout-2"))
        }
    }

    @Test("a release is put with its images")
    func release() throws {
        try ScriptedServer.run { _ in
            .json(["name": "v2", "revision": 7], status: 201)
        } _: { server in
            let terminal = Terminal()
            let ending = terminal.run(
                server, "releases", "put", "v2", "--image", "orders=titan/orders:v2", "--notes", "faster")
            #expect(ending == .success)
            #expect(terminal.output == "release/v2 created (revision 7)\n")
            #expect(
                server.received[0].json == ["images": ["orders": "titan/orders:v2"], "notes": "faster"])
            #expect(terminal.run(server, "releases", "put", "v2", "--image", "orders") == .usage)
        }
    }

    @Test("an approval names its wave")
    func approve() throws {
        try ScriptedServer.run { _ in
            .json(["id": "rollout-1", "revision": 7])
        } _: { server in
            #expect(Terminal().run(server, "rollouts", "approve", "rollout-1", "--wave", "2") == .success)
            #expect(server.lines == ["POST /v1/rollouts/rollout-1:approve"])
            #expect(server.received[0].json == ["wave": 2])
        }
    }
}
