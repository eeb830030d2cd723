import JSON
import Testing

@testable import cellctl

@Suite struct AuditCommandTests {
    @Test(
        "verify follows the chain over its pages and prints the head as a checkpoint, from which it goes on")
    func verify() throws {
        let chain = AuditChainMaker.chain(5)
        try ScriptedServer.run {
            Self.answer($0, chain, pageItems: 2)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "audit", "verify") == .success)
            let checkpoint = "5:\(chain[4]["hash"]?.string ?? "")"
            #expect(terminal.output == "intact: 5 events after revision 0\ncheckpoint \(checkpoint)\n")

            let next = Terminal()
            let early = "3:\(chain[2]["hash"]?.string ?? "")"
            #expect(next.run(server, "audit", "verify", "--checkpoint", early, "-o", "name") == .success)
            #expect(next.output == checkpoint + "\n")
        }
    }

    @Test("verify says where the chain breaks")
    func tampered() throws {
        var chain = AuditChainMaker.chain(5)
        chain[3] = chain[3].applyingMergePatch(["reason": "nothing to see"])
        let shown = chain
        try ScriptedServer.run {
            Self.answer($0, shown, pageItems: 2)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "audit", "verify") == .failure)
            #expect(
                terminal.errors
                    == "error: the audit breaks at revision 4: its content was altered, or something before it\n"
            )
        }
    }

    @Test("verify misses an end that was cut off, by the registry's revision and by a checkpoint")
    func cut() throws {
        let chain = AuditChainMaker.chain(5)
        try ScriptedServer.run {
            Self.answer($0, Array(chain[..<3]), pageItems: 10, revision: 5)
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "audit", "verify") == .failure)
            #expect(
                terminal.errors
                    == "error: the audit ends at revision 3, but the registry is at revision 5: its end was cut\n"
            )
            let checkpoint = "5:\(chain[4]["hash"]?.string ?? "")"
            #expect(Terminal().run(server, "audit", "verify", "--checkpoint", checkpoint) == .failure)
        }
    }

    @Test("verify knows a history that was made anew by an old checkpoint")
    func rewritten() throws {
        let forged = AuditChainMaker.chain(5, actor: "mallory")
        let checkpoint = "2:\(AuditChainMaker.chain(2)[1]["hash"]?.string ?? "")"
        try ScriptedServer.run {
            Self.answer($0, forged, pageItems: 10)
        } _: { server in
            #expect(Terminal().run(server, "audit", "verify") == .success)
            let terminal = Terminal()
            #expect(terminal.run(server, "audit", "verify", "--checkpoint", checkpoint) == .failure)
            #expect(terminal.errors.contains("the audit breaks at or before the checkpoint's revision 2"))
        }
    }

    @Test("a checkpoint that is none is a usage error")
    func usage() throws {
        try ScriptedServer.run {
            Self.answer($0, [], pageItems: 1)
        } _: { server in
            #expect(Terminal().run(server, "audit", "verify", "--checkpoint", "12") == .usage)
            #expect(server.lines.isEmpty)
        }
    }

    private static func answer(
        _ request: ScriptedServer.Request, _ chain: [JSONValue], pageItems: Int, revision: Int? = nil
    ) -> ScriptedServer.Reply {
        if request.target == "/v1/registry" { return .json(["revision": "inc.\(revision ?? chain.count)"]) }
        let after = request.target.split(separator: "after=").last?.prefix { $0.isNumber }.description ?? ""
        let items = chain.filter { ($0["revision"]?.integer ?? 0) > Int64(after) ?? 0 }
        let limit = request.target.hasSuffix("limit=1") ? 1 : pageItems
        return .json(["items": .array(Array(items.prefix(limit)))])
    }
}
