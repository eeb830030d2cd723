import JSON
import Synchronization
import Testing

@testable import cellctl

@Suite struct EventsCommandTests {
    private static func event(_ revision: Int64) -> JSONValue {
        [
            "revision": .integer(revision), "at": "2026-01-31T12:00:00.000Z", "actor": "ops",
            "operation": "cordonCell",
            "kind": "cell", "id": "c1", "reason": revision == 8 ? "disk" : "",
        ]
    }

    @Test("without more, the last hundred changes are shown")
    func recent() throws {
        try ScriptedServer.run { request in
            if request.target == "/v1/registry" { return .json(["revision": "inc.108"]) }
            return request.target.contains("since=inc.8&")
                ? .json(["from": "inc.8", "revision": "inc.108", "events": [Self.event(9)]])
                : .json(["from": "inc.108", "revision": "inc.108", "events": []])
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "events", "-o", "name") == .success)
            #expect(terminal.output == "c1\n")
            #expect(server.lines[1] == "GET /v1/events?since=inc.8&limit=1000")
        }
    }

    @Test(
        "who follows sees each change as it comes, over an absence of the control plane, until the feed is gone"
    )
    func follow() throws {
        let failures = Mutex(0)
        try ScriptedServer.run { request in
            switch request.target.split(separator: "since=").last?.prefix(while: { $0 != "&" }) {
            case "inc.7": return .json(["from": "inc.7", "revision": "inc.8", "events": [Self.event(8)]])
            case "inc.8":
                let isAway = failures.withLock {
                    $0 += 1
                    return $0 == 1
                }
                return isAway
                    ? .problem(500, "internalError")
                    : .json(["from": "inc.8", "revision": "inc.9", "events": [Self.event(9)]])
            case "inc.9": return .problem(410, "revisionGone")
            default: return .json(["revision": "inc.7"])
            }
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "events", "--follow") == .failure)
            #expect(
                terminal.output == """
                    8  2026-01-31T12:00:00.000Z  ops  cordonCell  cell/c1  (disk)
                    9  2026-01-31T12:00:00.000Z  ops  cordonCell  cell/c1

                    """)
            #expect(
                terminal.errors == "It went wrong. (trying again)\nerror: It went wrong. (revisionGone)\n")
            #expect(server.lines[1] == "GET /v1/events?since=inc.7&limit=1000&wait=30s")
        }
    }

    @Test("followed events are a line of JSON each")
    func lines() throws {
        try ScriptedServer.run { request in
            request.target.contains("since=i.1&")
                ? .json(["from": "i.1", "revision": "i.2", "events": [Self.event(2)]])
                : .problem(410, "revisionGone")
        } _: { server in
            let terminal = Terminal()
            #expect(terminal.run(server, "events", "--follow", "--since", "i.1", "-o", "json") == .failure)
            #expect(terminal.output == Self.event(2).encodedString() + "\n")
        }
    }
}
