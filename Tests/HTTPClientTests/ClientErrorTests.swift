import Glibc
import HTTPClient
import HTTPTestServer
import Testing

@Suite struct ClientErrorTests {
    @Test("A port where nothing listens is named in the error, and a name without address too")
    func notReachable() throws {
        let (descriptor, port) = try listeningSocket()
        close(descriptor)
        let error = #expect(throws: ClientError.self) {
            try client().send(ClientRequest("GET", "http://127.0.0.1:\(port)/secret?token=1"))
        }
        guard case .couldNotConnect(let message) = error else { throw try #require(error) }
        #expect(message.contains("http://127.0.0.1:\(port)"))
        #expect(!message.contains("secret"))
        #expect(outcome(client(), ClientRequest("GET", "http://no-such-host.invalid/")) == "couldNotResolve")
    }

    @Test("An answer that does not come is given up, by the total and by the idle limit")
    func timesOut() throws {
        try TestServer.run({ _ in .hang }) { server throws in
            var request = ClientRequest("GET", server.url, timeLimits: TimeLimits(totalSeconds: 0.2))
            #expect(outcome(client(), request) == "timedOut")
            request.timeLimits = TimeLimits(totalSeconds: nil, idleSeconds: 1)
            #expect(outcome(client(), request) == "timedOut")
        }
    }

    @Test(
        "A connection that ends too early is no answer",
        arguments: [
            "", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        ])
    func endsEarly(_ bytes: String) throws {
        try TestServer.run({ _ in .close(Array(bytes.utf8)) }) { server throws in
            #expect(outcome(client(), ClientRequest("GET", server.url)) == "closed")
        }
    }

    @Test("What is not HTTP is no answer")
    func notHTTP() throws {
        try TestServer.run({ _ in .close(Array("SSH-2.0-OpenSSH\r\n".utf8)) }) { server throws in
            #expect(outcome(client(), ClientRequest("GET", server.url)) == "other")
        }
    }

    @Test("A body over the limit is refused, announced or not, and one at the limit taken")
    func limitsBodies() throws {
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nghijkl\r\n0\r\n\r\n"
        let small = client { $0.responseBytesMax = 11 }
        let exact = client { $0.responseBytesMax = 12 }
        try TestServer.run({
            $0.line.contains("/chunked")
                ? .keep(Array(chunked.utf8)) : .keep(answer("200 OK", "abcdefghijkl"))
        }) {
            server throws in
            for path in ["/chunked", "/announced"] {
                #expect(outcome(small, ClientRequest("GET", server.url + path)) == "tooLarge")
                #expect(outcome(exact, ClientRequest("GET", server.url + path)) == "answered 200")
            }
        }
    }

    @Test("A header over the limit is refused, however it is made")
    func limitsFields() throws {
        let reply = answer("200 OK", fields: String(repeating: "X-Field: abcdefghij\r\n", count: 100), "")
        try TestServer.run({ _ in .keep(reply) }) { server throws in
            #expect(
                outcome(client { $0.fieldsBytesMax = 2_000 }, ClientRequest("GET", server.url)) == "tooLarge")
            #expect(
                outcome(client { $0.fieldsBytesMax = 3_000 }, ClientRequest("GET", server.url))
                    == "answered 200")
        }
    }

    @Test(
        "A field that would break the header is refused before anything is sent",
        arguments: [
            ("X-Note", "a\r\nX-Admin: 1"), ("X-Note", "a\nb"), ("X-Note", "a\0b"), ("X Note", "a"),
            ("X-Note:", "a"), ("", "a"),
            ("X-Nöte", "a"), ("X-Note\r\nX-Admin", "1"),
        ])
    func refusesFields(_ name: String, _ value: String) throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            #expect(
                outcome(client(), ClientRequest("GET", server.url, fields: [(name, value)])) == "badField")
            #expect(server.connectionsCount == 0)
        }
    }

    @Test(
        "What is no http URL is refused",
        arguments: [
            "", "/v1/cells", "localhost:8080", "127.0.0.1", "ftp://127.0.0.1/", "file:///etc/passwd",
            "gopher://127.0.0.1/", "unix:/a",
            "http://", "http://a b/", "http://127.0.0.1:99999/", "http://127.0.0.1/\r\nX: 1",
            "http://127.0.0.1/\0",
            "http://user@127.0.0.1/", "http://user:secret@127.0.0.1/", "http://[::1", "dict://127.0.0.1/",
            "http://127.0.0.1/a b",
        ])
    func refusesURLs(_ url: String) {
        #expect(outcome(client(), ClientRequest("GET", url)) == "badURL")
    }

    @Test("Plain http is refused unless it is allowed")
    func refusesPlainHTTP() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            #expect(
                outcome(client { $0.allowsPlainHTTP = false }, ClientRequest("GET", server.url)) == "badURL")
            #expect(server.connectionsCount == 0)
        }
    }
}
