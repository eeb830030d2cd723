import JSON
import Testing

@testable import cellctl

/// The commands that show operations and migrations, and steer them.
@Suite struct OperationCommandTests {
    private static let drain: JSONValue = [
        "id": "op-1", "kind": "drain", "resource": "/v1/cells/cell-7", "state": "running", "done": false,
        "intent": "cancel", "progress": ["total": 200, "completed": 50, "failed": 1, "inFlight": 20],
        "createdAt": "2026-01-31T11:55:00.000Z", "createdBy": "ops", "reason": "disks",
        "deadline": "2026-01-31T13:00:00.000Z",
        "override": ["rules": ["changeCalendar"], "reason": "fire"],
        "steps": [
            ["name": "cordon", "startedAt": "11:55:00", "endedAt": "11:55:01"],
            ["name": "move", "startedAt": "11:55:01", "endedAt": .null],
        ],
        "log": [["at": "11:55:00", "level": "info", "message": "cordoned"]],
        "blockers": [
            ["kind": "gateway", "id": "gw-1", "message": "silent"],
            ["kind": "gateway", "id": "gw-2", "message": "silent"],
        ], "nextSteps": ["see gw-1"],
        "batches": [
            [
                "number": 1, "state": "freezing", "source": "cell-7", "tenants": 20, "moved": 0, "failed": 0,
                "frozenFor": "412ms", "barrier": ["heldBy": "gateways", "waitingFor": ["gw-1", "gw-2"]],
            ]
        ],
    ]

    @Test("a list has a row an operation, filtered by the server")
    func list() throws {
        try ScriptedServer.run { _ in
            .json(["items": [Self.drain, ["id": "op-0", "kind": "rebalance", "state": "succeeded"]]])
        } _: { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "operations", "list", "--kind", "drain", "--state", "running")
                    == .success)
            #expect(
                terminal.output == """
                    ID    KIND       OF      STATE                DONE    FAILED  BLOCKERS  AGE  BY
                    op-1  drain      cell-7  running, cancelling  50/200       1  gw-1 +1   5m   ops
                    op-0  rebalance  -       succeeded            0/0          -  -         -    -

                    """)
            #expect(terminal.run(server, "migrations", "list", "--limit", "1") == .success)
            #expect(
                server.lines == [
                    "GET /v1/operations?kind=drain&state=running&limit=1000", "GET /v1/migrations?limit=1",
                ])
        }
    }

    @Test(
        "one operation is shown with its steps, log, blockers and next steps; a migration with its batches too"
    )
    func get() throws {
        try ScriptedServer.run { _ in
            .json(Self.drain)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "migrations", "get", "op-1") == .success)
            #expect(
                terminal.output == """
                    operation  op-1
                    what       drain of cell-7
                    state      running, cancelling
                    progress   50 of 200 moved, 1 failed, 20 in flight
                    by         ops, 5m ago: disks
                    deadline   2026-01-31T13:00:00.000Z
                    overrides  changeCalendar: fire
                    steps
                      cordon  11:55:00 → 11:55:01
                      move    11:55:01 → -
                    log
                      11:55:00  info  cordoned
                    blocked by gateway 'gw-1': silent
                    blocked by gateway 'gw-2': silent
                    next: see gw-1

                    BATCH  STATE     FROM    TENANTS  MOVED  FAILED  FROZEN FOR  BARRIER   WAITS FOR
                        1  freezing  cell-7       20      0       0  412ms       gateways  gw-1 +1

                    """)
            #expect(server.lines == ["GET /v1/migrations/op-1"])
            let document = Terminal()
            #expect(document.run(server, "operations", "get", "op-1", "-o", "json") == .success)
            let shown = try json(document.output)
            #expect(shown == Self.drain)
        }
    }

    @Test("each is paused, resumed or cancelled by a POST with a reason, and its standing is told")
    func steering() throws {
        try ScriptedServer.run { _ in
            .json(Self.drain)
        } _: { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "operations", "pause", "op-1", "op-2", "--reason", "lunch") == .success)
            #expect(terminal.run(server, "migrations", "resume", "op-1") == .success)
            #expect(terminal.run(server, "migrations", "cancel", "op-1") == .success)
            #expect(
                terminal.output == """
                    operation/op-1 running, cancelling
                    operation/op-2 running, cancelling
                    migration/op-1 running, cancelling
                    migration/op-1 running, cancelling

                    """)
            #expect(
                server.lines == [
                    "POST /v1/operations/op-1:pause", "POST /v1/operations/op-2:pause",
                    "POST /v1/migrations/op-1:resume", "POST /v1/migrations/op-1:cancel",
                ])
            #expect(server.received[0].fields["audit-reason"] == "lunch")
        }
    }

    @Test("a reversal is an operation of its own")
    func reverse() throws {
        try ScriptedServer.run { _ in
            .json(
                [
                    "id": "op-2", "kind": "reversal", "resource": "/v1/migrations/op-1", "state": "running",
                    "done": false,
                ], status: 202)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "migrations", "reverse", "op-1") == .success)
            #expect(terminal.output == "operation/op-2 started: reversal of op-1\n")
            #expect(server.lines == ["POST /v1/migrations/op-1:reverse"])
        }
    }

    @Test("a migration's tenants are listed to the last page")
    func tenants() throws {
        try ScriptedServer.run { request in
            let first: JSONValue = ["tenant": "acme", "from": "a", "to": "b", "batch": 1, "state": "moved"]
            let second: JSONValue = [
                "tenant": "b", "from": "a", "to": "c", "batch": 2, "state": "failed", "message": "no room",
            ]
            return request.target.contains("cursor")
                ? .json(["items": [second]]) : .json(["items": [first], "nextCursor": "x"])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "migrations", "tenants", "op-1", "--state", "failed") == .success)
            #expect(
                terminal.output == """
                    TENANT  FROM  TO  BATCH  STATE   MESSAGE
                    acme    a     b       1  moved   -
                    b       a     c       2  failed  no room

                    """)
            #expect(server.lines[0] == "GET /v1/migrations/op-1/tenants?state=failed&limit=1000")
        }
    }

    @Test("zones show their cells by state, and until when they are evacuated")
    func zones() throws {
        try ScriptedServer.run { _ in
            .json([
                "items": [
                    [
                        "zone": "a", "cells": ["active": 160, "draining": 7], "tenants": 4000, "load": 90,
                        "capacity": 100, "headroom": 10,
                        "evacuation": [
                            "operation": "op-1", "state": "running", "expiresAt": "2026-01-31T16:00:00Z",
                        ],
                    ], ["zone": "b", "cells": ["active": 1], "evacuation": .null],
                ]
            ])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "zones", "list") == .success)
            #expect(server.lines == ["GET /v1/zones"], "the server knows no limit here")
            #expect(
                terminal.output == """
                    ZONE  CELLS                  TENANTS  LOAD  CAPACITY  USED  HEADROOM  EVACUATION
                    a     active=160,draining=7     4000    90       100   90%        10  op-1 running, until 2026-01-31T16:00:00Z
                    b     active=1                     -     -         -     -         -  -

                    """)
        }
    }
}
