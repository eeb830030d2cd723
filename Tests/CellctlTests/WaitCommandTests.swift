import Glibc
import JSON
import Synchronization
import Testing

@testable import cellctl

/// `--wait` and `operations wait`: watching an operation to its end.
@Suite struct WaitCommandTests {
    /// A control plane whose operation is a step further with each look at it.
    private static func server(
        _ steps: [JSONValue], batches: JSONValue = []
    ) -> @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply {
        let looks = Mutex(0)
        return { request in
            if request.method == "POST" { return .json(operation("running", 0), status: 202) }
            if request.target.hasPrefix("/v1/migrations/") { return .json(["batches": batches]) }
            let look = looks.withLock { looks in
                defer { looks += 1 }
                return min(looks, steps.count - 1)
            }
            if steps[look].isNull { return .problem(503, "overloaded") }
            return .json(steps[look])
        }
    }

    private static func operation(_ state: String, _ completed: Int64, _ more: JSONValue = [:]) -> JSONValue {
        let operation: JSONValue = [
            "id": "op-1", "kind": "drain", "resource": "/v1/cells/cell-7", "state": .string(state),
            "done": .bool(state != "running" && state != "paused"), "intent": "run",
            "createdAt": "2026-01-31T12:00:00.000Z",
            "progress": ["total": 200, "completed": .integer(completed), "failed": 0],
        ]
        return operation.applyingMergePatch(more)
    }

    private static let ended: JSONValue = ["endedAt": "2026-01-31T12:01:01.500Z"]

    @Test("it polls until the end, and on a pipe writes a line where something changed, five seconds apart")
    func pipe() throws {
        let steps = [
            Self.operation("running", 0), Self.operation("running", 50), Self.operation("running", 50),
            Self.operation("running", 50), Self.operation("succeeded", 200, Self.ended),
        ]
        try ScriptedServer.run(Self.server(steps, batches: [["state": "freezing"]])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "drain", "cell-7", "--wait") == .success)
            #expect(
                terminal.output == """
                    operation/op-1 started: drain of cell-7, 200 tenants to move
                    operation/op-1 succeeded: drain of cell-7, 200 of 200 moved in 1m1s

                    """)
            #expect(
                terminal.errors == """
                    2026-01-31T12:00:00.000Z  drain of cell-7 (op-1) running; 0% 0 of 200 moved; batches: 0 of 1 through, 1 freezing
                    2026-01-31T12:00:00.000Z  drain of cell-7 (op-1) running; 25% 50 of 200 moved, 8.3/s, 18s left; batches: 0 of 1 through, 1 freezing

                    """)
            #expect(
                server.lines == [
                    "POST /v1/cells/cell-7:drain", "GET /v1/operations/op-1", "GET /v1/migrations/op-1",
                    "GET /v1/operations/op-1:wait?wait=3s", "GET /v1/migrations/op-1",
                    "GET /v1/operations/op-1:wait?wait=3s", "GET /v1/migrations/op-1",
                    "GET /v1/operations/op-1:wait?wait=3s", "GET /v1/migrations/op-1",
                    "GET /v1/operations/op-1:wait?wait=3s",
                ])
        }
    }

    @Test("on a terminal the picture is drawn over itself every second, and taken away at the end")
    func live() throws {
        let steps = [
            Self.operation("running", 0), Self.operation("running", 100),
            Self.operation("succeeded", 200, Self.ended),
        ]
        try ScriptedServer.run(Self.server(steps)) { server in
            let terminal = Terminal(answers: [])
            #expect(terminal.run(server, "operations", "wait", "op-1", "--no-color") == .success)
            #expect(
                terminal.errors == "\r\u{1B}[Jdrain of cell-7 (op-1): running\n"
                    + "  0% [--------------------] 0 of 200 moved"
                    + "\r\u{1B}[1A\u{1B}[Jdrain of cell-7 (op-1): running\n"
                    + " 50% [##########----------] 100 of 200 moved, 100/s, 1s left\r\u{1B}[1A\u{1B}[J")
            #expect(terminal.output.hasPrefix("operation/op-1 succeeded"))
            #expect(server.lines.contains("GET /v1/operations/op-1:wait?wait=1s"))
        }
    }

    @Test("a terminal that can't move its cursor gets lines")
    func dumb() throws {
        try ScriptedServer.run(Self.server([Self.operation("running", 0), Self.operation("succeeded", 200)]))
        {
            server in
            let terminal = Terminal(answers: [])
            let environment = ["CELL_REGISTRY_URL": server.url, "TERM": "dumb"]
            #expect(
                Cellctl.execute(["operations", "wait", "op-1"], terminal.surroundings(environment))
                    == .success)
            #expect(!terminal.errors.contains("\u{1B}"))
            #expect(terminal.errors.contains("0 of 200 moved"))
        }
    }

    @Test("an operation that failed ends with 10, with what it complained of, what blocks it, and what to do")
    func failed() throws {
        let end = Self.operation(
            "failed", 150,
            [
                "progress": ["failed": 50],
                "log": [
                    ["at": "12:00:01", "level": "info", "message": "started"],
                    ["at": "12:00:09", "level": "warning", "message": "batch 3: barrier not held"],
                    [
                        "at": "12:00:10", "level": "warning",
                        "message": "failed: 150 tenants moved, 50 failed",
                    ],
                ],
                "blockers": [["kind": "gateway", "id": "gw-12", "message": "silent"]],
                "nextSteps": ["DELETE /v1/gateways/gw-12 if it is gone"],
            ])
        try ScriptedServer.run(Self.server([end])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "migrations", "wait", "op-1") == .operationFailed)
            #expect(terminal.output == "")
            #expect(
                terminal.errors == """
                    error: the drain of cell-7 failed: 150 of 200 moved, 50 failed (operation op-1)
                      12:00:09  batch 3: barrier not held
                      blocked by gateway 'gw-12': silent
                      next: DELETE /v1/gateways/gw-12 if it is gone

                    """)
        }
    }

    @Test("a document is written once, at the end, whatever that is")
    func document() throws {
        let end = Self.operation("failed", 150)
        try ScriptedServer.run(Self.server([Self.operation("running", 0), end])) { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "cells", "drain", "cell-7", "--wait", "-o", "json") == .operationFailed)
            let shown = try json(terminal.output)
            #expect(shown == end)
        }
    }

    @Test("one that was cancelled ends with 11, unless it is the cancel that waits")
    func cancelled() throws {
        try ScriptedServer.run(Self.server([Self.operation("cancelled", 20)])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "operations", "wait", "op-1") == .operationCancelled)
            #expect(
                terminal.errors
                    == "error: the drain of cell-7 was cancelled: 20 of 200 moved (operation op-1)\n")
            #expect(terminal.run(server, "operations", "cancel", "op-1", "--wait") == .success)
            #expect(terminal.output == "operation/op-1 cancelled: drain of cell-7, 20 of 200 moved\n")
            #expect(server.lines.contains("POST /v1/operations/op-1:cancel"))
        }
    }

    @Test("an evacuation that expired ends with 11, and says that it expired")
    func expired() throws {
        let end = Self.operation(
            "cancelled", 20,
            [
                "kind": "evacuation", "resource": "/v1/zones/us-east-1a",
                "blockers": [
                    ["kind": "zone", "id": "us-east-1a", "message": "its evacuation expired at 12:00:00"]
                ],
            ])
        try ScriptedServer.run(Self.server([end])) { server in
            let terminal = Terminal()
            let line = ["zones", "evacuate", "us-east-1a", "--expires-in", "1h", "--wait"]
            #expect(
                Cellctl.execute(line + ["--url", server.url], terminal.surroundings()) == .operationCancelled)
            #expect(
                terminal.errors == """
                    error: the evacuation of us-east-1a was cancelled: 20 of 200 moved (operation op-1)
                      blocked by zone 'us-east-1a': its evacuation expired at 12:00:00

                    """)
        }
    }

    @Test("at its time limit it ends with 7, and says how to come back")
    func timeout() throws {
        try ScriptedServer.run(Self.server([Self.operation("running", 0)])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "operations", "wait", "op-1", "--timeout", "7s") == .timedOut)
            #expect(
                terminal.errors.hasSuffix(
                    """
                    come back with: cellctl operations wait op-1
                    cancel it with: cellctl operations cancel op-1
                    error: after 7s operation op-1 has not ended; it goes on

                    """))
        }
    }

    @Test("it waits over an absence of the control plane")
    func absence() throws {
        // Each look that fails is four tries.
        let steps: [JSONValue] =
            [Self.operation("running", 0)] + Array(repeating: .null, count: 8)
            + [Self.operation("succeeded", 200, Self.ended)]
        try ScriptedServer.run(Self.server(steps)) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "operations", "wait", "op-1") == .success)
            #expect(terminal.errors.contains("It went wrong. (trying again)\n"))
        }
    }

    @Test("a control plane that stays away ends the wait with its exit code, after ten minutes")
    func away() throws {
        try ScriptedServer.run(Self.server([Self.operation("running", 0), .null])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "operations", "wait", "op-1") == .serverFailed)
            let slept = terminal.slept.reduce(.zero, +)
            #expect(slept >= LongWorkWatch.absenceMax)
            #expect(slept < LongWorkWatch.absenceMax + .seconds(30))
            #expect(terminal.errors.contains("come back with: cellctl operations wait op-1\n"))
        }
    }

    @Test(
        "an operation that is not there, or that is not for this token, is told at once",
        arguments: [(404, 3), (403, 5)])
    func refused(status: Int, code: Int32) throws {
        try ScriptedServer.run { _ in
            .problem(status, "code")
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "operations", "wait", "op-1").rawValue == code)
            #expect(server.received.count == 1)
        }
    }

    @Test("a control plane that was never reached is not waited for")
    func neverReached() throws {
        try ScriptedServer.run(Self.server([.null])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "operations", "wait", "op-1") == .serverFailed)
            #expect(server.received.count == 4)
            let drain = Terminal()
            #expect(drain.run(server, "cells", "drain", "cell-7", "--wait") == .serverFailed)
            #expect(server.received.count > 100)
        }
    }

    @Test("Ctrl-C would say that the work goes on, and how to come back to it")
    func farewell() throws {
        try ScriptedServer.run(Self.server([Self.operation("succeeded", 0)])) { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "drain", "cell-7", "--wait") == .success)
            #expect(
                terminal.farewell == [
                    "Operation op-1 goes on.", "come back with: cellctl operations wait op-1",
                    "cancel it with: cellctl operations cancel op-1",
                ])
        }
    }

    @Test("Ctrl-C says so indeed, and the process dies of it")
    func interrupted() async throws {
        let result = await #expect(processExitsWith: .signal(SIGINT), observing: [\.standardErrorContent]) {
            signal(SIGINT, SIG_DFL)
            Interruption.tell(["the first"])
            Interruption.tell(["it goes on", "come back"])
            // To the process, as a terminal does it; this thread may have it blocked.
            kill(getpid(), SIGINT)
            while true { pause() }
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("\nit goes on\ncome back\n"))
        #expect(!text.contains("the first"))
    }
}
