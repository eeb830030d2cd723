import Glibc
import JSON
import Testing

@testable import cellctl

@Suite struct ImportCommandTests {
    private let answer: JSONValue = [
        "total": 3, "created": 1, "updated": 1, "unchanged": 0, "failed": 1, "revision": 12,
        "failures": [["line": 2, "id": "x", "code": "hostTaken", "message": "The host is taken."]],
    ]

    @Test("an import with failed lines names them and ends with 8")
    func failures() throws {
        let answer = answer
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            try withFile("{\"id\":\"a\"}\n{\"id\":\"x\"}\n{\"id\":\"b\"}\n") { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "tenants", "import", path, "--atomic") == .partial)
                #expect(
                    terminal.output == """
                        3 lines: 1 created, 1 updated, 0 unchanged, 1 failed (revision 12)
                        LINE  ID  CODE       MESSAGE
                           2  x   hostTaken  The host is taken.

                        """)
                #expect(terminal.errors == "error: 1 of 3 lines failed\n")
            }
            let request = server.received[0]
            #expect(request.line == "POST /v1/tenants:import?atomic=true")
            #expect(request.fields["content-type"] == "application/x-ndjson")
            #expect(request.fields["content-length"] == "33")
            #expect(request.fields["transfer-encoding"] == nil)
            #expect(request.fields["idempotency-key"] == nil)
            #expect(request.body.count == 33)
        }
    }

    @Test("cells are taken as kubectl writes them, with a progress bar where someone looks")
    func kubectl() throws {
        try ScriptedServer.run { _ in
            .json(["total": 1, "created": 1, "failed": 0, "revision": 3])
        } _: { server in
            try withFile("{\n  \"kind\": \"List\",\n  \"items\": []\n}\n") { path in
                let terminal = Terminal(answers: [])
                let status = terminal.run(
                    server, "cells", "import", path, "--zones", "a,b", "--capacity", "100", "--activate",
                    "--no-color")
                #expect(status == .success)
                #expect(terminal.errors.contains("sending 100%"))
                #expect(terminal.errors.hasSuffix("\r\u{1B}[K"))
            }
            #expect(server.lines == ["POST /v1/cells:import?zones=a%2Cb&capacity=100&activate=true"])
            #expect(server.received[0].fields["content-type"] == "application/json")
        }
    }

    @Test(
        "an import through a pipe is sent with its length, and again from its start where the answer is lost")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        #expect(Glibc.pipe(&ends) == 0)
        #expect(write(ends[1], "{\"id\":\"a\"}\n", 11) == 11)
        close(ends[1])
        defer { close(ends[0]) }
        let input = "/dev/fd/\(ends[0])"
        try ScriptedServer.run { _ in
            .broken
        } _: { server in
            #expect(Terminal().run(server, "tenants", "import", input) == .unreachable)
            #expect(server.received.count == 4)
            #expect(server.received.allSatisfy { $0.body == Array("{\"id\":\"a\"}\n".utf8) })
        }
    }

    @Test("a dry run of an import tells what it would do")
    func dryRun() throws {
        let dry: JSONValue = [
            "dryRun": true, "effects": [], "result": ["total": 2, "created": 2, "failed": 0],
        ]
        try ScriptedServer.run { _ in
            .json(dry)
        } _: { server in
            try withFile("{\"id\":\"a\"}\n") { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "tenants", "import", path, "--dry-run") == .success)
                #expect(
                    terminal.output
                        == "dry run, nothing was changed: 2 lines: 2 created, 0 updated, 0 unchanged, 0 failed\n"
                )
            }
        }
    }
}
