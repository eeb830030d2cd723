import JSON
import Synchronization
import Testing

@testable import cellctl

/// The commands of the backup catalog.
@Suite struct BackupCommandTests {
    private static func coverage(_ gaps: Bool) -> JSONValue {
        let covered: JSONValue = [
            "cell": "cell-1", "verdict": "covered", "why": "'b-2' is 3h0m0s old, and may be 28h0m0s.",
            "newestGood": "b-2", "age": "3h0m0s", "rpo": "28h0m0s", "schedules": ["daily"],
        ]
        let others: [JSONValue] = [
            [
                "namespace": "titan-data", "verdict": "unverified", "why": "Nobody has looked.",
                "newestGood": "b-2",
            ],
            ["registry": "registry", "verdict": "uncovered", "why": "There is no good backup."],
            [
                "cell": "cell-2", "verdict": "late", "why": "It is old.", "newestGood": "b-1",
                "age": "40h0m0s",
            ],
        ]
        return ["items": .array([covered] + (gaps ? others : []))]
    }

    @Test("the gaps jump out, the worst first, and are summed up")
    func gaps() throws {
        try ScriptedServer.run { _ in
            .json(Self.coverage(true))
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "backups", "coverage") == .success)
            #expect(
                terminal.output == """
                    TARGET                VERDICT     AGE      RPO  NEWEST GOOD  WHY
                    registry              UNCOVERED   -        -    -            There is no good backup.
                    cell/cell-2           LATE        40h0m0s  -    b-1          It is old.
                    namespace/titan-data  unverified  -        -    b-2          Nobody has looked.

                    3 of 4 are not covered: 1 uncovered, 1 late, 1 unverified

                    """)
            #expect(terminal.run(server, "backups", "coverage", "--check") == .notCovered)
            #expect(terminal.errors.hasSuffix("error: 3 of 4 are not covered\n"))
        }
    }

    @Test("where all is covered it is said, and --all shows it")
    func covered() throws {
        try ScriptedServer.run { _ in
            .json(Self.coverage(false))
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "backups", "coverage", "--check") == .success)
            #expect(terminal.output == "1 of 1 are covered\n")
            #expect(terminal.run(server, "backups", "coverage", "--all", "-o", "name") == .success)
            #expect(terminal.output.hasSuffix("cell/cell-1\n"))
        }
    }

    @Test("a schedule is sent as the API takes it, and its scope takes the place of the document's")
    func putSchedule() throws {
        try ScriptedServer.run { _ in
            .json(["name": "daily", "revision": 7], status: 201)
        } _: { server in
            let terminal = Terminal()
            let ending = try withFile("{schedule: '@daily', scope: {everything: true}, keepLast: 2}") {
                file in
                terminal.run(
                    server, "schedules", "put", "daily", "-f", file, "--schedule", "0 2 * * *", "--time-zone",
                    "Europe/Berlin", "--zone", "a", "--label", "ring=one", "--ttl", "720h")
            }
            #expect(ending == .success)
            #expect(terminal.output == "schedule/daily created (revision 7)\n")
            #expect(server.lines == ["PUT /v1/backup-schedules/daily"])
            #expect(
                server.received[0].json == [
                    "schedule": "0 2 * * *", "scope": ["cells": ["zones": ["a"], "labels": ["ring": "one"]]],
                    "keepLast": 2, "timeZone": "Europe/Berlin", "ttl": "720h0m0s",
                ])
        }
    }

    @Test(
        "what can't be meant is a wrong command line",
        arguments: [
            ["schedules", "put", "daily", "--schedule", "@daily"],
            ["backups", "create"], ["backups", "create", "--everything", "--cell", "cell-1"],
            ["backups", "hold", "b-1"], ["backups", "delete", "b-1", "--override"],
            ["restores", "create"], ["restores", "create", "--backup", "b", "--schedule", "s"],
            ["restores", "create", "--backup", "b", "--into", "cell-1"], ["backups", "preset", "other"],
        ])
    func usage(_ arguments: [String]) {
        #expect(Cellctl.execute(arguments, Terminal().surroundings()) == .usage)
    }

    @Test("the preset makes the guide's schedules, and leaves alone what is there")
    func preset() throws {
        try ScriptedServer.run { request in
            request.target.hasSuffix("daily-backup")
                ? .problem(412, "preconditionFailed") : .json(["revision": 8], status: 201)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "backups", "preset", "titan", "--executor", "velero") == .success)
            #expect(terminal.output == "schedule/hourly-data-backup created (revision 8)\n")
            #expect(terminal.errors == "schedule/daily-backup is there already, and left as it is\n")
            #expect(server.received.allSatisfy { $0.fields["if-none-match"] == "*" })
            #expect(
                server.received[1].json == [
                    "schedule": "0 * * * *", "scope": ["namespaces": ["titan-data"]], "ttl": "168h0m0s",
                    "timeZone": "UTC", "executor": "velero",
                ])
        }
    }

    @Test("what Velero shows is sent in requests that fit, and the answers are put together")
    func imports() throws {
        let note = String(repeating: "x", count: 90_000)
        let items = (0..<5).map { index -> JSONValue in
            [
                "metadata": [
                    "name": "b-\(index)", "managedFields": [["manager": .string(note)]],
                    "annotations": ["note": .string(note)],
                ]
            ]
        }
        let list: JSONValue = ["kind": "BackupList", "items": .array(items)]
        try ScriptedServer.run { request in
            let sent = request.json?["items"]?.array ?? []
            return .json([
                "backups": ["created": .integer(Int64(sent.count - 1)), "updated": 0], "failed": 1,
                "failures": [
                    [
                        "index": 0, "kind": "Backup", "name": sent[0]["metadata"]?["name"] ?? "",
                        "errors": [["field": "metadata.uid", "message": "is required"]],
                    ]
                ],
            ])
        } _: { server in
            let terminal = Terminal()
            let ending = try withFile(list.encodedString()) { file in
                terminal.run(server, "backups", "import", file)
            }
            #expect(ending == .partial)
            #expect(terminal.output == "backups: 2 created\n")
            #expect(
                terminal.errors == """
                    item 0, Backup b-0: metadata.uid is required
                    item 2, Backup b-2: metadata.uid is required
                    item 4, Backup b-4: metadata.uid is required
                    error: 3 of 5 items were not taken

                    """)
            #expect(server.received.map { $0.json?["items"]?.array?.count } == [2, 2, 1])
            #expect(server.received.allSatisfy { $0.body.count < 256 << 10 })
            #expect(server.received[0].json?["items"]?[1]?["kind"] == "Backup")
            #expect(server.received[0].json?["items"]?[1]?["metadata"]?["managedFields"] == nil)
        }
    }

    @Test("pruning tells what goes, what stays, and why")
    func prune() throws {
        let result: JSONValue = [
            "deleted": [["backup": "b-1", "why": "'b-1' has expired."]],
            "kept": [["backup": "b-2", "why": "'b-2' is held: audit."]], "remaining": 3,
        ]
        try ScriptedServer.run { request in
            .json(request.isDryRun ? ["dryRun": true, "effects": [], "result": result] : result)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "backups", "prune", "--dry-run") == .success)
            #expect(
                terminal.output == """
                    'b-1' has expired.
                    'b-2' is held: audit.
                    1 backup would go, 3 more the next time

                    """)
            #expect(terminal.run(server, "backups", "prune", "-o", "name") == .success)
            #expect(terminal.output.hasSuffix("time\nb-1\n"))
        }
    }

    /// A restore that is a phase further with each look at it.
    private static func restores(
        _ phases: [String]
    ) -> @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply {
        let looks = Mutex(0)
        return { request in
            let look = looks.withLock { looks in
                defer { looks += request.method == "GET" ? 1 : 0 }
                return min(looks, phases.count - 1)
            }
            return .json(
                [
                    "name": "r-1", "backup": "b-1",
                    "phase": .string(request.method == "POST" ? "New" : phases[look]),
                    "duration": "9m0s", "errors": 2, "message": "disk full",
                ], status: request.method == "POST" ? 201 : 200)
        }
    }

    @Test("a restore is watched to its end, and the command ends as it does")
    func restore() throws {
        try ScriptedServer.run(Self.restores(["InProgress", "Completed"])) { server in
            let terminal = Terminal()
            let ending = terminal.run(
                server, "restores", "create", "--schedule", "daily", "--drill", "--into", "cell-1=cell-9",
                "--namespace-into", "a=b", "--override-reason", "lost anyway", "--wait")
            #expect(ending == .success)
            #expect(
                terminal.output
                    == "restore/r-1 of b-1: Completed after 9m0s, 2 errors: disk full\n")
            #expect(server.lines == ["POST /v1/restores", "GET /v1/restores/r-1", "GET /v1/restores/r-1"])
            #expect(
                server.received[0].json == [
                    "drill": true, "schedule": "daily", "cellMapping": ["cell-1": "cell-9"],
                    "namespaceMapping": ["a": "b"], "override": ["reason": "lost anyway"],
                ])
        }
        try ScriptedServer.run(Self.restores(["Failed"])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "restores", "watch", "r-1") == .operationFailed)
            #expect(terminal.errors.contains("restore/r-1 of b-1: Failed after 9m0s"))
        }
    }

    @Test("a dry run shows what a restore would touch, and whom it serves")
    func preview() throws {
        try ScriptedServer.run { _ in
            .json([
                "dryRun": true, "plan": "p", "effects": [],
                "preview": [
                    "namespaces": [["from": "titan-data", "into": "titan-drill"]],
                    "cells": [
                        ["from": "cell-1", "into": "cell-9", "state": "active", "tenants": 0],
                        ["from": "cell-2", "into": "cell-2", "state": .null, "tenants": 1],
                    ],
                ],
            ])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "restores", "create", "--backup", "b-1", "--dry-run") == .success)
            #expect(
                terminal.output == """
                    namespace titan-data into titan-drill
                    cell cell-1 into cell-9: active, 0 tenants
                    cell cell-2: not known here, 1 tenant
                    nothing would change

                    """)
        }
    }
}
