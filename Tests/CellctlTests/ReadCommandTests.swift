import JSON
import Testing

@testable import cellctl

/// Whole commands that read, against a server that shows what they ask and answers by a script.
@Suite struct ReadCommandTests {
    @Test("a list is fetched to its last page")
    func pages() throws {
        try ScriptedServer.run { request in
            request.target.contains("cursor=n%2F2")
                ? .json(["items": [["id": "c2"]]]) : .json(["items": [["id": "c1"]], "nextCursor": "n/2"])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "list", "--zone", "us east", "-o", "name") == .success)
            #expect(terminal.output == "c1\nc2\n")
            #expect(
                server.lines == [
                    "GET /v1/cells?zone=us%20east&limit=1000",
                    "GET /v1/cells?zone=us%20east&cursor=n%2F2&limit=1000",
                ])
        }
    }

    @Test("the audit goes on after the last change of a page")
    func auditPages() throws {
        try ScriptedServer.run { request in
            request.target.contains("after=7")
                ? .json(["items": []]) : .json(["items": [["id": "c1", "revision": 7]], "nextCursor": "7"])
        } _: { server in
            #expect(Terminal().run(server, "audit", "list", "--kind", "cell", "--after", "5") == .success)
            #expect(
                server.lines == [
                    "GET /v1/audit?kind=cell&after=5&limit=1000",
                    "GET /v1/audit?kind=cell&after=7&limit=1000",
                ])
        }
    }

    @Test("a limit is asked for, and ends the paging")
    func limit() throws {
        try ScriptedServer.run { _ in
            .json(["items": [["id": "c1"]], "nextCursor": "more"])
        } _: { server in
            #expect(Terminal().run(server, "tenants", "list", "--limit", "1") == .success)
            #expect(server.lines == ["GET /v1/tenants?limit=1"])
        }
    }

    @Test("fields that the command does not know are shown in JSON and YAML")
    func unknownFields() throws {
        try ScriptedServer.run { _ in
            .json(["id": "c1", "zone": "no", "invented": ["x": 1]])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "get", "c1", "-o", "json") == .success)
            let shown = try json(terminal.output)
            #expect(shown == ["id": "c1", "zone": "no", "invented": ["x": 1]])
            let other = Terminal()
            #expect(other.run(server, "cells", "get", "c1", "-o", "yaml") == .success)
            #expect(other.output == "id: c1\nzone: 'no'\ninvented:\n  x: 1\n")
        }
    }

    @Test("an id with a colon or a slash stays one segment of the path")
    func encoding() throws {
        try ScriptedServer.run { _ in
            .json(["id": "x"])
        } _: { server in
            #expect(Terminal().run(server, "tenants", "get", "a:explain", "ä/b?c") == .success)
            #expect(server.lines == ["GET /v1/tenants/a%3Aexplain", "GET /v1/tenants/%C3%A4%2Fb%3Fc"])
        }
    }

    @Test(
        "a problem is told on standard error, and decides the exit code",
        arguments: [(404, 3), (403, 5), (409, 4), (400, 1), (500, 9)])
    func problems(status: Int, exit: Int32) throws {
        try ScriptedServer.run { _ in
            .problem(status, "code", ["requestId": "r1"])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "get", "c1").rawValue == exit)
            #expect(terminal.output == "")
            #expect(terminal.errors == "error: It went wrong. (code)\n  request id: r1\n")
            let script = Terminal()
            #expect(script.run(server, "cells", "get", "c1", "-o", "json").rawValue == exit)
            let problem = try json(script.errors)
            #expect(problem["code"] == "code")
            let yaml = Terminal()
            #expect(yaml.run(server, "cells", "get", "c1", "-o", "yaml").rawValue == exit)
            #expect(yaml.errors.contains("code: code\n"))
        }
    }

    @Test("an error is red on a terminal, unless NO_COLOR, TERM=dumb or --no-color forbid it")
    func colours() throws {
        try ScriptedServer.run { _ in
            .problem(404, "notFound")
        } _: { server in
            func errors(_ environment: [String: String], _ more: [String] = []) -> String {
                let terminal = Terminal(answers: [])
                let arguments = ["cells", "get", "c1", "--url", server.url] + more
                _ = Cellctl.execute(arguments, terminal.surroundings(environment))
                return terminal.errors
            }
            #expect(errors([:]) == "\u{1B}[31merror:\u{1B}[0m It went wrong. (notFound)\n")
            #expect(errors(["NO_COLOR": ""]).hasPrefix("\u{1B}"))
            for plain in [
                errors(["NO_COLOR": "1"]), errors(["TERM": "dumb"]), errors([:], ["--no-color"]),
            ] {
                #expect(plain == "error: It went wrong. (notFound)\n")
            }
        }
    }

    @Test("a GET is made again while the server is overloaded, as late as it asks")
    func retries() throws {
        try ScriptedServer.run { _ in
            .problem(503, "overloaded", fields: ["Retry-After: 7"])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "list") == .serverFailed)
            #expect(server.received.count == 4)
            #expect(terminal.slept == [.seconds(7), .seconds(7), .seconds(7)])
        }
    }

    @Test("where nothing answers the exit code is 6, after three more tries")
    func unreachable() {
        let terminal = Terminal()
        let status = Cellctl.execute(
            ["cells", "list", "--url", "http://127.0.0.1:1"], terminal.surroundings())
        #expect(status == .unreachable)
        #expect(terminal.slept.count == 3)
        #expect(terminal.errors.hasPrefix("error: "))
    }

    @Test("the token comes from its file or the environment, never from the command line")
    func token() throws {
        try ScriptedServer.run { _ in
            .json(["items": []])
        } _: { server in
            let terminal = Terminal()
            let environment = ["CELLCTL_TOKEN": "crp_environment", "CELL_REGISTRY_URL": server.url + "/"]
            #expect(Cellctl.execute(["cells", "list"], terminal.surroundings(environment)) == .success)
            try withFile("crp_file\n") { path in
                let arguments = ["cells", "list", "--token-file", path]
                #expect(Cellctl.execute(arguments, terminal.surroundings(environment)) == .success)
            }
            #expect(terminal.run(server, "cells", "list") == .success)
            #expect(
                server.received.map { $0.fields["authorization"] } == [
                    "Bearer crp_environment", "Bearer crp_file", nil,
                ])
            #expect(terminal.run(server, "cells", "list", "--token", "x") == .usage)
            try withFile(" \n") { path in
                #expect(terminal.run(server, "cells", "list", "--token-file", path) == .usage)
            }
        }
    }

    @Test("routes that are not known are named, with exit code 3")
    func resolve() throws {
        let answer: JSONValue = [
            "routes": [
                [
                    "tenant": "acme", "cell": "c1", "epoch": 1, "state": "serving", "zone": "a",
                    "host": "a.com",
                ]
            ],
            "notFound": ["hosts": ["b.com"], "tenants": ["x"]],
        ]
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            let terminal = Terminal()
            let arguments = ["routes", "resolve", "--host", "a.com", "--host", "b.com", "--tenant", "x"]
            #expect(Cellctl.execute(arguments + ["--url", server.url], terminal.surroundings()) == .notFound)
            #expect(terminal.output.contains("acme"))
            #expect(terminal.errors == "error: not known: x, b.com\n")
            #expect(server.received[0].json == ["tenants": ["x"], "hosts": ["a.com", "b.com"]])
        }
    }

    @Test("the routing table is a row a tenant")
    func table() throws {
        let answer: JSONValue = [
            "revision": "i.5",
            "cells": ["c1": ["zone": "a", "state": "active", "endpoints": ["order": "h:1"]]],
            "tenants": [
                "acme": ["cell": "c1", "epoch": 2], "b": ["cell": "c1", "epoch": 1, "state": "suspended"],
            ], "hosts": [:],
        ]
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "routes", "table") == .success)
            #expect(
                terminal.output == """
                    TENANT  CELL  EPOCH  STATE      ZONE
                    acme    c1        2  serving    a
                    b       c1        1  suspended  a

                    """)
        }
    }

    @Test("an export is handed on byte by byte")
    func export() throws {
        let body = Array("{\"id\":\"a\"}\n{\"id\":\"b\"}\n".utf8)
        try ScriptedServer.run { _ in
            .init(body: body)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "tenants", "export", "--cell", "c1") == .success)
            #expect(terminal.output == String(decoding: body, as: UTF8.self))
            #expect(server.lines == ["GET /v1/tenants:export?cell=c1"])
        }
    }

    @Test("history shows what each change changed")
    func history() throws {
        let answer: JSONValue = [
            "items": [
                [
                    "revision": 5, "at": "2026-01-31T12:00:00.000Z", "actor": "ops",
                    "operation": "patchTenant",
                    "kind": "tenant", "id": "acme", "reason": "grew", "before": ["load": 1],
                    "document": ["load": 2],
                ]
            ]
        ]
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "tenants", "history", "acme", "--diff") == .success)
            #expect(
                terminal.output == """
                    revision 5  2026-01-31T12:00:00.000Z
                        ops  patchTenant  grew
                        ~ load: 1 → 2

                    """)
        }
    }

    @Test("the status is 9 while the control plane starts")
    func status() throws {
        try ScriptedServer.run { _ in
            .json(["status": "starting"], status: 503)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "status") == .serverFailed)
            #expect(terminal.errors == "error: The control plane is not ready: starting. (notReady)\n")
        }
        try ScriptedServer.run { request in
            request.target == "/health/ready"
                ? .json(["status": "ready"]) : .json(["incarnation": "i", "cells": 2])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "status") == .success)
            #expect(terminal.output == "status       ready\nincarnation  i\ncells        2\n")
        }
    }

    @Test("an answer that is not JSON is a failure that says so")
    func foreign() throws {
        try ScriptedServer.run { _ in
            .init(body: Array("<html>".utf8))
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "list") == .failure)
            #expect(terminal.errors.contains("not JSON"))
        }
    }
}
