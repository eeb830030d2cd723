import JSON
import Testing

@testable import cellctl

@Suite struct CapacityCommandTests {
    private static func answer(fits: Bool) -> JSONValue {
        [
            "cells": [
                [
                    "cell": "c1", "zone": "a", "state": "active", "capacity": 10, "load": 6, "reserved": 1,
                    "headroom": 3,
                ]
            ],
            "zones": [
                [
                    "zone": "a", "cells": 1, "capacity": 10, "load": 6, "headroom": 3,
                    "ifLost": [
                        "fits": true, "tenants": 6, "unplaceable": 0, "blockers": [], "cellsToAdd": 0,
                    ],
                ],
                [
                    "zone": "b", "cells": 2, "capacity": 20, "load": 16, "headroom": 4,
                    "ifLost": [
                        "fits": .bool(fits), "tenants": 40, "unplaceable": 12, "cellsToAdd": 2,
                        "blockers": [["kind": "tenant", "id": "acme", "message": "may be in zone b alone"]],
                    ],
                ],
            ],
            "total": ["cells": 3, "capacity": 30, "load": 22, "headroom": 7],
        ]
    }

    @Test("the zone that can't be lost jumps out, with what stands against it")
    func lacking() throws {
        try ScriptedServer.run { _ in
            .json(Self.answer(fits: false))
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "capacity") == .success)
            #expect(
                terminal.output == """
                    ZONE   CELLS  LOAD  CAPACITY  USED  HEADROOM  IF IT IS LOST
                    a          1     6        10   60%         3  fits
                    b          2    16        20   80%         4  DOES NOT FIT, 12 of 40 tenants have no place
                    total      3    22        30   73%         7  -

                    ZONE b LOST: DOES NOT FIT, 12 of 40 tenants have no place; 2 more cells elsewhere would do
                    blocked by tenant 'acme': may be in zone b alone

                    """)
            #expect(server.lines == ["GET /v1/capacity"])
        }
    }

    @Test("where every zone can be lost it says so")
    func fits() throws {
        try ScriptedServer.run { _ in
            .json(Self.answer(fits: true))
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "capacity", "--zones", "--check") == .success)
            #expect(terminal.output.hasSuffix("\n\nany one zone can be lost: the others take its tenants\n"))
        }
    }

    @Test("--check ends with 12 where one can't, in every format")
    func check() throws {
        try ScriptedServer.run { _ in
            .json(Self.answer(fits: false))
        } _: { server in
            for format in ["table", "wide", "json", "yaml", "name"] {
                let terminal = Terminal()
                #expect(terminal.run(server, "capacity", "--check", "-o", format) == .doesNotFit)
                #expect(terminal.errors == "error: the loss of zone b does not fit into the others\n")
                #expect(!terminal.output.isEmpty)
            }
        }
    }

    @Test("cells are a table of their own")
    func cells() throws {
        try ScriptedServer.run { _ in
            .json(Self.answer(fits: false))
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "capacity", "--cells") == .success)
            #expect(
                terminal.output == """
                    CELL  ZONE  STATE   LOAD  RESERVED  CAPACITY  USED  HEADROOM
                    c1    a     active     6         1        10   60%         3

                    """)
            let names = Terminal()
            #expect(names.run(server, "capacity", "--zones", "--cells", "-o", "name") == .success)
            #expect(names.output == "c1\na\nb\n")
        }
    }
}
