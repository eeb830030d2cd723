import JSON
import Synchronization
import Testing

@testable import cellctl

/// The commands that start moves, and what they send.
@Suite struct MoveCommandTests {
    private static let started: JSONValue = [
        "id": "op-1", "kind": "drain", "resource": "/v1/cells/cell-7", "state": "running", "done": false,
        "progress": ["total": 200, "completed": 0, "failed": 0],
    ]

    @Test("a drain sends its options, and says what it started and how to watch it")
    func drain() throws {
        try ScriptedServer.run { _ in
            .json(Self.started, status: 202)
        } _: { server in
            let terminal = Terminal()
            let arguments = [
                "cells", "drain", "cell-7", "--deadline", "1h", "--batch-size", "100", "--max-parallel",
                "total=32,perTarget=16", "--freeze-deadline", "10s", "--on-stragglers", "wait",
                "--include-pinned", "--override", "activeZonesMin,changeCalendar", "--override-reason",
                "fire", "--reverse-window", "0s", "--mover", "https://copier.example/", "--reason", "disks",
                "--url", server.url,
            ]
            #expect(Cellctl.execute(arguments, terminal.surroundings()) == .success)
            #expect(terminal.output == "operation/op-1 started: drain of cell-7, 200 tenants to move\n")
            #expect(terminal.errors == "watch it with: cellctl operations wait op-1\n")
            let request = server.received[0]
            #expect(request.line == "POST /v1/cells/cell-7:drain")
            #expect(request.fields["audit-reason"] == "disks")
            #expect(request.fields["idempotency-key"] != nil)
            #expect(
                request.json == [
                    "includePinned": true, "batchSize": 100, "maxParallel": ["total": 32, "perTarget": 16],
                    "freezeDeadline": "10s", "deadline": "1h0m0s", "onStragglers": "wait",
                    "reverseWindow": "0s", "mover": ["type": "webhook", "url": "https://copier.example/"],
                    "override": ["rules": ["activeZonesMin", "changeCalendar"], "reason": "fire"],
                ])
        }
    }

    @Test("what is not said is left to the server")
    func defaults() throws {
        try ScriptedServer.run { _ in
            .json(Self.started, status: 202)
        } _: { server in
            for arguments in [
                ["cells", "drain", "cell-7"], ["tenants", "move", "acme"], ["zones", "restore", "a"],
            ] {
                let all = arguments + ["--url", server.url, "-o", "name"]
                let terminal = Terminal()
                #expect(Cellctl.execute(all, terminal.surroundings()) == .success)
                #expect(terminal.output == "op-1\n")
            }
            #expect(server.received.allSatisfy { $0.json == [:] })
            #expect(
                server.lines == [
                    "POST /v1/cells/cell-7:drain", "POST /v1/tenants/acme:move", "POST /v1/zones/a:restore",
                ])
        }
    }

    @Test("a move and an evacuation send where to, and for how long")
    func bodies() throws {
        try ScriptedServer.run { _ in
            .json(Self.started, status: 202)
        } _: { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "tenants", "move", "acme", "--to", "c2", "--mover", "none") == .success)
            #expect(
                terminal.run(server, "zones", "evacuate", "a", "--expires-in", "4h", "--include-pinned")
                    == .success)
            #expect(terminal.run(server, "zones", "evacuate", "a", "--until-restored") == .success)
            #expect(terminal.run(server, "cells", "drain", "c1", "--to", "c2") == .success)
            #expect(
                terminal.run(server, "zones", "restore", "a", "--step-percent", "10", "--step-pause", "5m")
                    == .success)
            #expect(
                server.received.map(\.json) == [
                    ["to": "c2", "mover": ["type": "none"]],
                    ["expiresIn": "4h0m0s", "includePinned": true], ["until": "restored"], ["to": "c2"],
                    ["stepPercent": 10, "stepPause": "5m0s"],
                ])
        }
    }

    @Test("a migration is of tenants by name, from a file, or of a cell's by label")
    func create() throws {
        try ScriptedServer.run { _ in
            .json(Self.started, status: 202)
        } _: { server in
            try withFile("acme\n\n  bravo \n") { path in
                let terminal = Terminal()
                #expect(
                    terminal.run(
                        server, "migrations", "create", "--tenant", "x", "--tenants-file", path, "--to", "c2")
                        == .success)
                #expect(
                    terminal.run(
                        server, "migrations", "create", "--from", "c1", "--label", "tier=gold,x=a=b")
                        == .success)
                #expect(
                    server.received.map(\.json) == [
                        ["tenants": ["x", "acme", "bravo"], "to": "c2"],
                        ["from": "c1", "selector": ["labels": ["tier": "gold", "x": "a=b"]]],
                    ])
            }
            try withFile("\n") { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "migrations", "create", "--tenants-file", path) == .usage)
                #expect(terminal.errors == "error: \(path) names no tenant\n")
            }
        }
    }

    @Test(
        "what can't be meant is a usage error, before anything is sent",
        arguments: [
            "cells drain", "cells drain c1 --override x", "cells drain c1 --override-reason x",
            "cells drain c1 --override , --override-reason x", "cells drain c1 --batch-size 0",
            "cells drain c1 --on-stragglers panic", "cells drain c1 --max-parallel everyone=3",
            "cells drain c1 --timeout 1s", "cells drain c1 --mover copier", "zones evacuate a",
            "zones evacuate a --expires-in 1h --until-restored", "migrations create",
            "migrations create --to c1",
            "migrations create --tenant a --from c1", "migrations create --label gold",
            "zones restore a --step-percent 0", "migrations tenants m --limit 0",
            "rebalance plan --max-moves 0", "policies patch",
            "operations pause a b --if-match 1.2",
        ])
    func usage(line: String) {
        let terminal = Terminal()
        let arguments = line.split(separator: " ").map(String.init)
        #expect(Cellctl.execute(arguments, terminal.surroundings()) == .usage)
        #expect(terminal.output == "")
    }

    @Test("a dry run shows the plan, and changes nothing")
    func dryRun() throws {
        try ScriptedServer.run { _ in
            .json(MovePlanTests.answer)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "drain", "cell-7", "--dry-run", "--wait") == .success)
            #expect(terminal.output.hasSuffix("drain of cell-7: 3 tenants would move to 2 cells\n"))
            #expect(terminal.errors == "dry run: nothing was changed; --if-plan-match p1 does exactly this\n")
            #expect(server.lines == ["POST /v1/cells/cell-7:drain?dryRun=true"])
            let names = Terminal()
            #expect(names.run(server, "cells", "drain", "cell-7", "--dry-run", "-o", "name") == .success)
            #expect(names.output == "acme\nbravo\ncharlie\n")
        }
    }

    @Test("a dry run where tenants fit nowhere ends as the write would, with 4")
    func unplaceable() throws {
        let answer = MovePlanTests.answer.applyingMergePatch(["unplaceable": ["total": 2]])
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "drain", "cell-7", "--dry-run", "-o", "json") == .conflict)
            let shown = try json(terminal.output)
            #expect(shown == answer)
            #expect(
                terminal.errors == "error: no other cell has a place for 2 tenants; nothing would be moved\n")
        }
    }

    @Test("an answer without an operation is a failure that says so")
    func foreign() throws {
        try ScriptedServer.run { _ in
            .json(["id": .null])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "drain", "cell-7", "--wait") == .failure)
            #expect(terminal.errors == "error: the control plane names no operation\n")
            #expect(server.received.count == 1)
        }
    }

    @Test(
        "the batches in flight are limited in all, by source and by target",
        arguments: [
            ("total=32,perSource=4,perTarget=16", ["total": 32, "perSource": 4, "perTarget": 16]),
            ("8", ["total": 8]), ("perTarget=2", ["perTarget": 2]),
        ] as [(String, JSONValue)])
    func maxParallel(text: String, document: JSONValue) {
        #expect(MaxParallel(argument: text)?.document == document)
    }

    @Test(
        "other limits are refused",
        arguments: ["", "0", "-1", "total", "total=", "total=0", "total=1,total=2", "all=3"])
    func wrongParallel(text: String) { #expect(MaxParallel(argument: text) == nil) }
}
