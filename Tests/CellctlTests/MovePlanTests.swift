import JSON
import Testing

@testable import cellctl

@Suite struct MovePlanTests {
    static let answer: JSONValue = [
        "dryRun": true, "plan": "p1",
        "effects": [
            [
                "kind": "cell", "id": "cell-7", "action": "update", "before": ["state": "active"],
                "after": ["state": "draining"],
            ]
        ],
        "result": ["id": "op-1", "kind": "drain", "resource": "/v1/cells/cell-7"],
        "moves": [
            "total": 3,
            "items": [
                ["tenant": "acme", "from": "cell-7", "to": "cell-2", "load": 5],
                ["tenant": "bravo", "from": "cell-7", "to": "cell-10", "load": 1],
                ["tenant": "charlie", "from": "cell-7", "to": "cell-2", "load": 2],
            ],
        ],
        "cells": [
            ["cell": "cell-2", "zone": "us-east-1a", "loadBefore": 10, "loadAfter": 17, "capacity": 20],
            ["cell": "cell-10", "zone": "us-east-1b", "loadBefore": 0, "loadAfter": 1, "capacity": 20],
            ["cell": "cell-7", "zone": "us-east-1a", "loadBefore": 8, "loadAfter": 0, "capacity": 20],
        ],
        "unplaceable": ["total": 0, "items": []],
    ]

    @Test("a plan says who would move where, a row a target, and the load of each cell before and after")
    func targets() {
        #expect(
            MovePlan(Self.answer).lines(wide: false, now: Terminal.noon, noPaint).joined(separator: "\n")
                == """
                ~ cell/cell-7
                    ~ state: active → draining

                TO       ZONE        TENANTS  LOAD  WHO
                cell-2   us-east-1a        2     7  acme +1
                cell-10  us-east-1b        1     1  bravo

                CELL     ZONE        LOAD BEFORE  LOAD AFTER  CAPACITY  USED AFTER
                cell-2   us-east-1a           10          17        20         85%
                cell-10  us-east-1b            0           1        20          5%
                cell-7   us-east-1a            8           0        20          0%

                drain of cell-7: 3 tenants would move to 2 cells
                """)
    }

    @Test("a wide plan lists every move")
    func wide() {
        let lines = MovePlan(Self.answer).lines(wide: true, now: Terminal.noon, noPaint)
        #expect(lines.contains("TENANT   FROM    TO       LOAD"))
        #expect(lines.contains("charlie  cell-7  cell-2      2"))
    }

    @Test(
        "what fits nowhere is told with its reasons, and how many more there are that the answer does not list"
    )
    func unplaceable() {
        let plan = MovePlan([
            "moves": ["total": 12, "items": []],
            "unplaceable": [
                "total": 2,
                "items": [
                    [
                        "tenant": "zeta", "from": "cell-7", "load": 50,
                        "blockers": [
                            ["kind": "zone", "id": "a", "message": "zone a is full"],
                            ["kind": "cell", "id": "c", "message": "c is dedicated"],
                        ],
                    ]
                ],
            ],
        ])
        #expect(
            plan.lines(wide: false, now: Terminal.noon, noPaint).joined(separator: "\n") == """
                … and 12 moves that the answer does not list

                fits nowhere:
                TENANT  FROM    LOAD  WHY
                zeta    cell-7    50  zone a is full; c is dedicated

                … and 1 more

                12 tenants would move, 2 fit nowhere
                """)
    }

    @Test("a plan without moves says so")
    func nothing() {
        #expect(
            MovePlan(["result": ["kind": "rebalance"]]).lines(wide: false, now: Terminal.noon, noPaint)
                == ["rebalance: nothing would move"])
    }
}
