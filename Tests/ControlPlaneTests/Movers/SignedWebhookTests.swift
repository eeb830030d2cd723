import ControlPlane
import HTTPClient
import HTTPTestServer
import JSON
import Registry
import Testing

/// What a receiver can do to whoever calls it.
@Suite("Signed webhook")
struct SignedWebhookTests {
    @Test(
        "no spelling of an inner address is called",
        arguments: [
            "127.0.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "0", "0.0.0.0",
            "localhost",
            "localhost.", "①②⑦.⓪.⓪.①", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "example.com@127.0.0.1",
        ])
    func inner(_ host: String) async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            server async throws in
            // Another port of the same machine is allowed; this one is not.
            let mover = try webhookMover("http://\(host):\(server.port)/", allow: "127.0.0.0/8:1")
            guard case .unreachable = await mover.call(moverCall(.copy)) else {
                Issue.record("\(host) was called")
                return
            }
            #expect(server.connectionsCount == 0)
        }
    }

    @Test("a refused destination is told with the setting that would allow it")
    func refusal() async throws {
        let mover = try webhookMover("https://10.1.2.3:8443/hook?token=abc")
        guard case .unreachable(let message, _) = await mover.call(moverCall(.copy)) else {
            Issue.record("a private address was called")
            return
        }
        #expect(message.contains("10.1.2.3"))
        #expect(message.contains("--webhook-allow"))
        #expect(!message.contains("token"))
    }

    @Test("a redirect is an answer, and not followed", arguments: [301, 302, 303, 307, 308])
    func redirects(_ status: Int) async throws {
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            elsewhere async throws in
            let reply = answer("\(status) Moved", fields: "Location: \(elsewhere.url)/\r\n", "")
            try await TestServer.run({ _ in .close(reply) }) { server async throws in
                guard
                    case .unreachable(let message, _) = try await webhookMover(server.url).call(
                        moverCall(.copy))
                else {
                    Issue.record("the redirect was taken for an answer")
                    return
                }
                #expect(message.contains("\(status)"))
                #expect(message.contains("redirects are not followed"))
                #expect(server.received.count == 1)
                #expect(elsewhere.connectionsCount == 0)
            }
        }
    }

    @Test("an answer that never comes is not waited for")
    func slow() async throws {
        try await TestServer.run({ _ in .hang }) { server async throws in
            let mover = try webhookMover(server.url, timeLimits: TimeLimits(totalSeconds: 0.2))
            guard case .unreachable(let message, _) = await mover.call(moverCall(.copy)) else {
                Issue.record("nothing was taken for an answer")
                return
            }
            #expect(message.contains("took too long"))
        }
    }

    @Test("a deadline that is near shortens the call; one that is over does not")
    func deadline() async throws {
        try await TestServer.run({ _ in .hang }) { server async throws in
            let mover = try webhookMover(server.url, timeLimits: TimeLimits(totalSeconds: 600))
            var call = moverCall(.finalCopy)
            call.deadline = Timestamp(rawValue: 1_769_860_990_100)
            guard case .unreachable(let message, _) = await mover.call(call) else {
                Issue.record("nothing was taken for an answer")
                return
            }
            #expect(message.contains("took too long"))
        }
        try await TestServer.run({ _ in .close(answer("200 OK", #"{"state":"done"}"#)) }) {
            server async throws in
            var call = moverCall(.cleanup)
            call.deadline = Timestamp(rawValue: 1)
            #expect(try await webhookMover(server.url).call(call) == .done(message: ""))
        }
    }

    @Test("an answer without end is cut off, announced or not")
    func endless() async throws {
        let limit = Limits.webhookAnswerBytesMax
        let space = String(repeating: " ", count: limit)
        let filler = String(repeating: "x", count: 1000)
        let replies = [
            Array("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n{".utf8),
            Array("HTTP/1.1 200 OK\r\n\r\n{\"state\":\"done\"}\(space)".utf8),
            Array("HTTP/1.1 500 Odd\r\n\r\n\(space) ".utf8),
            Array("HTTP/1.1 200 OK\r\nX: \(space)\(space)\r\n\r\n".utf8),
            Array("HTTP/1.1 200 OK\r\n\(String(repeating: "X: \(filler)\r\n", count: 70))\r\n".utf8),
        ]
        for reply in replies {
            try await TestServer.run({ _ in .close(reply) }) { server async throws in
                guard
                    case .unreachable(let message, _) = try await webhookMover(server.url).call(
                        moverCall(.copy))
                else {
                    Issue.record("a part was taken for an answer")
                    return
                }
                #expect(message.contains("bytes") || message.contains("too large"), "\(message)")
            }
        }
        // As much as there may be is read.
        let whole = #"{"state":"done"}"#
        let padded = whole + String(repeating: " ", count: limit - whole.utf8.count)
        try await TestServer.run({ _ in .close(answer("200 OK", padded)) }) { server async throws in
            #expect(try await webhookMover(server.url).call(moverCall(.copy)) == .done(message: ""))
        }
    }

    @Test("whoever is not there, or ends the connection, is asked again")
    func gone() async throws {
        var url = ""
        try await TestServer.run({ _ in .close([]) }) { server async throws in
            url = server.url
            guard case .unreachable(let message, _) = try await webhookMover(url).call(moverCall(.copy))
            else {
                Issue.record("no answer was taken for one")
                return
            }
            #expect(message.contains("ended the connection"))
        }
        guard case .unreachable(let message, _) = try await webhookMover(url).call(moverCall(.copy)) else {
            Issue.record("nobody was taken for a copier")
            return
        }
        #expect(message.contains("Nothing answers"))
    }

    @Test("a call that is cancelled is not waited for")
    func cancelled() async throws {
        try await TestServer.run({ _ in .hang }) { server async throws in
            let mover = try webhookMover(server.url, timeLimits: TimeLimits(totalSeconds: 600))
            let call = Task { await mover.call(moverCall(.copy)) }
            while server.received.isEmpty { await Task.yield() }
            call.cancel()
            guard case .unreachable(let message, _) = await call.value else {
                Issue.record("a cancelled call was answered")
                return
            }
            #expect(message.contains("not waited for"))
        }
    }

    @Test("what is shown is one line, of limited length, and holds no secret")
    func shown() async throws {
        let said = "a\n\u{1b}[31mred\u{202e} \(secretText) " + String(repeating: "é", count: 2000)
        let body = (["state": "failed", "message": .string(said)] as JSONValue).encoded()
        for reply in [answer("200 OK", body), answer("403 Forbidden", body), answer("500 Odd", body)] {
            try await TestServer.run({ _ in .close(reply) }) { server async throws in
                let url = "\(server.url)/hook?token=abc"
                let message =
                    switch try await webhookMover(url).call(moverCall(.copy)) {
                    case .failed(let text), .unreachable(let text, _), .done(let text),
                        .running(_, let text, _):
                        text
                    }
                #expect(message.contains("a  [31mred  [secret] é"))
                #expect(message.utf8.count <= Limits.webhookMessageBytesMax)
                #expect(!message.contains("token"))
                #expect(!message.contains("staple"))
                let received = try #require(server.received.first)
                #expect(!received.head.contains(secretText))
                #expect(!String(decoding: received.body, as: UTF8.self).contains(secretText))
            }
        }
    }
}
