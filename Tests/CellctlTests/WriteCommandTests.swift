import JSON
import Testing

@testable import cellctl

@Suite struct WriteCommandTests {
    @Test("a PUT sends the document, its conditions and the reason, and says what it made")
    func put() throws {
        try ScriptedServer.run { _ in
            .json(["id": "c1", "revision": 4, "previousRevision": 0], status: 201)
        } _: { server in
            try withFile("kind: Cell\nid: c1\nzone: no\n") { path in
                let terminal = Terminal()
                let status = terminal.run(
                    server, "cells", "put", "-f", path, "--if-match", "i.3", "--reason", "new zone",
                    "--create-only")
                #expect(status == .success)
                #expect(terminal.output == "cell/c1 created (revision 4)\n")
            }
            let request = server.received[0]
            #expect(request.line == "PUT /v1/cells/c1")
            #expect(request.json == ["id": "c1", "zone": "no"])
            #expect(request.fields["if-match"] == "\"i.3\"")
            #expect(request.fields["if-none-match"] == "*")
            #expect(request.fields["audit-reason"] == "new zone")
            #expect(request.fields["content-type"] == "application/json")
            #expect(request.fields["idempotency-key"] == nil)
        }
    }

    @Test("a PATCH is a merge patch of what --set says, or of --patch")
    func patch() throws {
        try ScriptedServer.run { _ in
            .json(["id": "c1", "revision": 4, "previousRevision": 4])
        } _: { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "cells", "patch", "c1", "--set", "capacity=5", "--set", "labels.a=b")
                    == .success)
            #expect(terminal.output == "cell/c1 unchanged (revision 4)\n")
            #expect(terminal.run(server, "tenants", "patch", "t", "-p", "load: 5") == .success)
            #expect(server.received.map(\.json) == [["capacity": 5, "labels": ["a": "b"]], ["load": 5]])
            #expect(server.received[0].fields["content-type"] == "application/merge-patch+json")
            #expect(terminal.run(server, "cells", "patch", "c1") == .usage)
        }
    }

    @Test("an action goes to each id in turn, each with a key of its own")
    func actions() throws {
        try ScriptedServer.run { _ in
            .json(["id": "c", "revision": 9, "previousRevision": 8])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "cordon", "c1", "c2") == .success)
            #expect(terminal.output == "cell/c1 cordoned (revision 9)\ncell/c2 cordoned (revision 9)\n")
            #expect(server.lines == ["POST /v1/cells/c1:cordon", "POST /v1/cells/c2:cordon"])
            let keys = server.received.compactMap { $0.fields["idempotency-key"] }
            #expect(Set(keys).count == 2)
        }
    }

    @Test("in YAML the answers to several ids are documents of one stream")
    func documents() throws {
        try ScriptedServer.run { _ in
            .json(["id": "c", "revision": 9])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "cordon", "c1", "c2", "-o", "yaml") == .success)
            #expect(terminal.output == "id: c\nrevision: 9\n---\nid: c\nrevision: 9\n")
        }
    }

    @Test("a POST whose answer is lost is made again with the same key")
    func lostAnswer() throws {
        try ScriptedServer.run { _ in
            .broken
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "tenants", "suspend", "acme") == .unreachable)
            #expect(server.received.count == 4)
            #expect(Set(server.received.map { $0.fields["idempotency-key"] }).count == 1)
        }
    }

    @Test("a PUT, a PATCH and a DELETE whose answer is lost are not made again")
    func lostWrite() throws {
        try ScriptedServer.run { _ in
            .broken
        } _: { server in
            #expect(Terminal().run(server, "cells", "delete", "c1") == .unreachable)
            #expect(Terminal().run(server, "cells", "patch", "c1", "--set", "capacity=1") == .unreachable)
            #expect(server.lines == ["DELETE /v1/cells/c1", "PATCH /v1/cells/c1"])
        }
    }

    @Test("a dry run changes nothing and shows the effects as a diff, with the plan to do just that")
    func dryRun() throws {
        let answer: JSONValue = [
            "dryRun": true, "plan": "p1",
            "effects": [
                [
                    "kind": "cell", "id": "c1", "action": "update", "before": ["capacity": 1],
                    "after": ["capacity": 5],
                ]
            ], "result": ["id": "c1"],
        ]
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "cells", "patch", "c1", "--set", "capacity=5", "--dry-run", "--wait")
                    == .success)
            #expect(terminal.output == "~ cell/c1\n    ~ capacity: 1 → 5\n")
            #expect(terminal.errors == "dry run: nothing was changed; --if-plan-match p1 does exactly this\n")
            #expect(server.lines == ["PATCH /v1/cells/c1?dryRun=true"])
            #expect(
                terminal.run(server, "cells", "patch", "c1", "--set", "capacity=5", "--if-plan-match", "p1")
                    == .success)
            #expect(server.received[1].fields["if-plan-match"] == "p1")
        }
    }

    @Test("--wait goes on until the live gateways have the revision")
    func wait() throws {
        try ScriptedServer.run { request in
            guard request.method == "GET" else {
                return .json(["id": "c1", "revision": 9, "previousRevision": 8])
            }
            return .json(["converged": true, "live": 2])
        } _: { server in
            #expect(Terminal().run(server, "cells", "cordon", "c1", "--wait") == .success)
            #expect(server.lines == ["POST /v1/cells/c1:cordon", "GET /v1/revisions/9/convergence"])
        }
    }

    @Test("--wait ends with 7 at its time, and names who is missing")
    func waitTimeout() throws {
        try ScriptedServer.run { request in
            guard request.method == "GET" else {
                return .json(["id": "c1", "revision": 9, "previousRevision": 8])
            }
            return .json(["converged": false, "live": 2, "waiting": [["id": "gw-1", "applied": "i.7"]]])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "cells", "cordon", "c1", "--wait", "--timeout", "2s") == .timedOut)
            #expect(terminal.slept == Array(repeating: .milliseconds(500), count: 4))
            #expect(terminal.errors == "error: after 2s 1 of 2 live gateways lack revision 9: gw-1\n")
        }
    }

    @Test("convergence shows who has a revision, and waits only where it is told to")
    func convergence() throws {
        let answer: JSONValue = [
            "revision": "i.9", "converged": false, "live": 2, "applied": ["gw-2"],
            "waiting": [["id": "gw-1", "applied": "i.7"]], "expired": ["gw-3"],
        ]
        try ScriptedServer.run { _ in
            .json(answer)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "convergence", "9") == .success)
            #expect(
                terminal.output
                    == """
                    REVISION  CONVERGED  LIVE  APPLIED  WAITING FOR    EXPIRED
                    i.9       no            2        1  gw-1 (at i.7)  gw-3

                    """)
            #expect(terminal.run(server, "convergence", "9", "--wait", "--timeout", "1s") == .timedOut)
        }
    }

    @Test("a new token alone is on standard output")
    func token() throws {
        try ScriptedServer.run { _ in
            .json(["name": "ci", "token": "crp_x"], status: 201)
        } _: { server in
            let terminal = Terminal()
            #expect(
                terminal.run(server, "tokens", "create", "ci", "--role", "viewer", "--expires-in", "720h")
                    == .success)
            #expect(terminal.output == "crp_x\n")
            #expect(server.received[0].json == ["name": "ci", "role": "viewer", "expiresIn": "720h0m0s"])
            #expect(terminal.run(server, "tokens", "revoke", "ci") == .success)
            #expect(server.lines[1] == "DELETE /v1/tokens/ci")
        }
    }

    @Test(
        "a webhook's new secret alone is on standard output, and one of a file is sent without its line end")
    func webhook() throws {
        try ScriptedServer.run { _ in
            .json(["name": "pager", "secret": "5ec2e7", "revision": 7, "previousRevision": 0], status: 201)
        } _: { server in
            let terminal = Terminal()
            try withFile("a secret of the receiver's own\n") { file in
                let made = terminal.run(
                    server, "webhooks", "put", "pager", "--to", "https://p.example.com", "--event",
                    "*.failed", "--secret-file", file)
                #expect(made == .success)
            }
            #expect(terminal.output == "5ec2e7\n")
            #expect(
                server.received[0].json == [
                    "url": "https://p.example.com", "paused": false, "events": ["*.failed"],
                    "secret": "a secret of the receiver's own",
                ])
            #expect(terminal.run(server, "webhooks", "redeliver", "pager", "k3v7q2mzt5xa.7") == .success)
            #expect(terminal.run(server, "webhooks", "ping", "pager") == .success)
            #expect(
                server.lines == [
                    "PUT /v1/webhooks/pager", "POST /v1/webhooks/pager/deliveries/k3v7q2mzt5xa.7:redeliver",
                    "POST /v1/webhooks/pager:ping",
                ])
        }
    }

    @Test("a change is reverted by its revision")
    func revert() throws {
        try ScriptedServer.run { _ in
            .json(["reverted": 7, "revision": 12, "resource": .null])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "changes", "revert", "7") == .success)
            #expect(server.lines == ["POST /v1/changes/7:revert"])
            #expect(terminal.output == "change/7 reverted (revision 12)\n")
        }
    }

    @Test("a simulated placement sends what is asked of the cell")
    func simulate() throws {
        try ScriptedServer.run { _ in
            .json(["cell": .null, "verdicts": []])
        } _: { server in
            let terminal = Terminal()
            let arguments = [
                "placement", "simulate", "--tenant", "acme", "--load", "5", "--zone", "a", "--label",
                "tier=gold",
                "--dedicated", "--avoid-cell", "c9", "--avoid-tenant", "b", "--url", server.url,
            ]
            #expect(Cellctl.execute(arguments, terminal.surroundings()) == .success)
            #expect(terminal.output == "would fit on no cell\n")
            #expect(
                server.received[0].json == [
                    "tenant": "acme", "load": 5,
                    "placement": [
                        "zones": ["a"], "matchLabels": ["tier": "gold"], "dedicated": true,
                        "avoidCells": ["c9"],
                        "avoidTenants": ["b"],
                    ],
                ])
        }
    }
}
