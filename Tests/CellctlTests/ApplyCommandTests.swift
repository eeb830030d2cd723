import JSON
import Synchronization
import Testing

@testable import cellctl

/// `apply` against a server that keeps resources as the real one does: by PUT and DELETE, with conditions.
@Suite struct ApplyCommandTests {
    private final class Registry: Sendable {
        private let state: Mutex<[String: JSONValue]>
        private let refusing: Set<String>

        /// - Parameter refusing: paths whose writes are refused with 409, dry or not.
        init(_ resources: [String: JSONValue] = [:], refusing: Set<String> = []) {
            state = Mutex(resources)
            self.refusing = refusing
        }

        var paths: [String] { state.withLock { $0.keys.sorted() } }

        func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Reply {
            if request.target == "/v1/registry" {
                return .json(["incarnation": "inc", "revision": "inc.50"])
            }
            let path = String(request.target.prefix { $0 != "?" })
            return state.withLock { state in
                if path == "/v1/cells" || path == "/v1/tenants" {
                    return .json(["items": .array(state.filter { $0.key.hasPrefix(path + "/") }.map(\.value))]
                    )
                }
                if request.method == "GET" {
                    return state[path].map { .json($0) } ?? .problem(404, "notFound")
                }
                if refusing.contains(path) { return .problem(409, "stateConflict") }
                return write(request, path, &state)
            }
        }

        private func write(
            _ request: ScriptedServer.Request, _ path: String, _ state: inout [String: JSONValue]
        ) -> ScriptedServer.Reply {
            let before = state[path]
            let tag = before.map { "\"inc.\($0["revision"]?.integer ?? 0)\"" }
            guard request.fields["if-match"] == tag, (request.fields["if-none-match"] == "*") == (tag == nil)
            else {
                return .problem(412, "preconditionFailed")
            }
            let after = request.method == "DELETE" ? nil : request.json?.applyingMergePatch(["revision": 51])
            if request.isDryRun {
                let parts = path.split(separator: "/")
                let action = after == nil ? "delete" : before == nil ? "create" : "update"
                let effect: JSONValue = [
                    "kind": .string(String(parts[1].dropLast())), "id": .string(String(parts[2])),
                    "action": .string(action), "before": before ?? .null, "after": after ?? .null,
                ]
                return .json(["dryRun": true, "plan": "p", "effects": [effect]])
            }
            state[path] = after
            return .json(
                ["id": "x", "revision": 51, "previousRevision": 50], status: before == nil ? 201 : 200)
        }
    }

    private static let set: JSONValue = ["titan.io/applied-by": "prod"]

    @Test("the plan is shown, then each change is made on the condition that it still holds")
    func apply() throws {
        let registry = Registry([
            "/v1/cells/c1": ["id": "c1", "zone": "a", "capacity": 1, "revision": 7],
            "/v1/cells/c2": ["id": "c2", "zone": "a", "revision": 8],
        ])
        let yaml = """
            kind: Tenant
            id: acme
            cell: c3
            ---
            {kind: Cell, id: c1, zone: a, capacity: 5}
            ---
            {kind: Cell, id: c2, zone: a}
            ---
            {kind: Cell, id: c3, zone: b}
            """
        try ScriptedServer.run(registry.answer) { server in
            try withFile(yaml) { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "apply", "-f", path) == .success)
                #expect(
                    terminal.output == """
                        ~ cell/c1
                            ~ capacity: 1 → 5
                        + cell/c3
                            + id: c3
                            + zone: b
                        + tenant/acme
                            + id: acme
                            + cell: c3
                        plan: 2 to create, 1 to update, 0 to delete, 1 unchanged
                        cell/c1 updated (revision 51)
                        cell/c3 created (revision 51)
                        tenant/acme created (revision 51)

                        """)
            }
            let writes = server.received.filter { $0.method == "PUT" && !$0.isDryRun }
            #expect(writes.map(\.line) == ["PUT /v1/cells/c1", "PUT /v1/cells/c3", "PUT /v1/tenants/acme"])
            #expect(writes[0].fields["if-match"] == "\"inc.7\"")
            #expect(registry.paths == ["/v1/cells/c1", "/v1/cells/c2", "/v1/cells/c3", "/v1/tenants/acme"])
        }
    }

    @Test("a dry run makes the plan and changes nothing")
    func dryRun() throws {
        let registry = Registry()
        try ScriptedServer.run(registry.answer) { server in
            try withFile("{kind: Cell, id: c1, zone: a}") { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "apply", "-f", path, "--dry-run", "-o", "json") == .success)
                let report = try json(terminal.output)
                #expect(report["changes"]?[0]?["action"] == "create")
                #expect(report["results"] == [])
                #expect(registry.paths.isEmpty)
            }
        }
    }

    @Test("what the server refuses is told before anything is changed")
    func refused() throws {
        let registry = Registry(refusing: ["/v1/cells/c1"])
        try ScriptedServer.run(registry.answer) { server in
            try withFile("[{kind: Cell, id: c1, zone: a}, {kind: Cell, id: c2, zone: a}]") { path in
                #expect(Terminal().run(server, "apply", "-f", path) == .conflict)
                #expect(registry.paths.isEmpty)
            }
        }
    }

    @Test(
        "what is refused as things are now is warned of; where it stays so, the rest is done and the exit code is 8"
    )
    func partial() throws {
        let registry = Registry(refusing: ["/v1/tenants/t"])
        try ScriptedServer.run(registry.answer) { server in
            try withFile("[{kind: Tenant, id: t}, {kind: Cell, id: c2, zone: a}]") { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "apply", "-f", path) == .partial)
                #expect(
                    terminal.output.contains(
                        "    ! the server refuses this as things are now: It went wrong."))
                #expect(registry.paths == ["/v1/cells/c2"])
                #expect(
                    terminal.errors == """
                        tenant/t: not created
                        error: It went wrong. (stateConflict)
                        error: 1 of 2 changes were not made

                        """)
            }
        }
    }

    @Test("what changed since the plan was shown is left alone")
    func changedMeanwhile() throws {
        let registry = Registry(["/v1/cells/c1": ["id": "c1", "zone": "a", "revision": 7]])
        let isStale = Mutex(false)
        try ScriptedServer.run { request in
            if request.isDryRun { isStale.withLock { $0 = true } }
            if request.method == "PUT", !request.isDryRun, isStale.withLock({ $0 }) {
                return .problem(412, "preconditionFailed")
            }
            return registry.answer(request)
        } _: { server in
            try withFile("{kind: Cell, id: c1, zone: a, capacity: 5}") { path in
                let terminal = Terminal()
                #expect(terminal.run(server, "apply", "-f", path) == .conflict)
                #expect(
                    terminal.errors == """
                        cell/c1: not updated
                        error: It went wrong. (preconditionFailed)
                        error: 1 of 1 changes were not made

                        """)
            }
        }
    }

    @Test("someone at a terminal is asked, and no is no")
    func asked() throws {
        let registry = Registry()
        try ScriptedServer.run(registry.answer) { server in
            try withFile("{kind: Cell, id: c1, zone: a}") { path in
                for answer in ["", "n", "no", "1"] {
                    let terminal = Terminal(answers: [answer])
                    #expect(terminal.run(server, "apply", "-f", path, "--no-color") == .failure)
                    #expect(terminal.errors == "Go on? [y/N] error: nothing was changed\n")
                }
                #expect(registry.paths.isEmpty)
                #expect(Terminal(answers: ["y"]).run(server, "apply", "-f", path) == .success)
                #expect(registry.paths == ["/v1/cells/c1"])
                #expect(Terminal(answers: []).run(server, "apply", "-f", path) == .success)
            }
        }
    }

    private func prunable() -> Registry {
        Registry([
            "/v1/cells/c1": ["id": "c1", "zone": "a", "labels": Self.set, "revision": 1],
            "/v1/cells/c2": ["id": "c2", "zone": "a", "labels": Self.set, "revision": 2],
            "/v1/cells/other": ["id": "other", "zone": "a", "revision": 3],
        ])
    }

    @Test("pruning needs --yes where nobody can be asked, and the count where someone can")
    func pruneAsks() throws {
        let registry = prunable()
        try ScriptedServer.run(registry.answer) { server in
            try withFile("{kind: Cell, id: c1, zone: a}") { path in
                let arguments = ["apply", "-f", path, "--set-name", "prod", "--prune", "--url", server.url]
                #expect(Cellctl.execute(arguments, Terminal().surroundings()) == .usage)
                #expect(Cellctl.execute(arguments, Terminal(answers: ["y"]).surroundings()) == .failure)
                #expect(registry.paths.count == 3)
                let terminal = Terminal(answers: ["1"])
                #expect(Cellctl.execute(arguments, terminal.surroundings()) == .success)
                #expect(terminal.output.contains("- cell/c2"))
                #expect(registry.paths == ["/v1/cells/c1", "/v1/cells/other"])
            }
        }
    }

    @Test("a set is not emptied by a file that is empty, even with --yes")
    func pruneGuard() throws {
        let registry = prunable()
        try ScriptedServer.run(registry.answer) { server in
            try withFile("# nothing\n") { path in
                let arguments = [
                    "apply", "-f", path, "--set-name", "prod", "--prune", "--yes", "--url", server.url,
                ]
                let terminal = Terminal()
                #expect(Cellctl.execute(arguments, terminal.surroundings()) == .usage)
                #expect(terminal.errors.contains("say --prune-max 2"))
                #expect(registry.paths.count == 3)
                #expect(
                    Cellctl.execute(arguments + ["--prune-max", "2"], Terminal().surroundings()) == .success)
                #expect(registry.paths == ["/v1/cells/other"])
            }
        }
    }

    @Test("pruning without a set is a usage error")
    func pruneNeedsSet() throws {
        let registry = Registry()
        try ScriptedServer.run(registry.answer) { server in
            #expect(Terminal().run(server, "apply", "-f", "x", "--prune") == .usage)
            #expect(Terminal().run(server, "apply", "-f", "x", "--set-name", "No Name") == .usage)
            #expect(Terminal().run(server, "apply", "-f", "x", "--prune-max", "3") == .usage)
            #expect(server.lines.isEmpty)
        }
    }
}
