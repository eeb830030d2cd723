import Glibc
import HTTPClient
import HTTPTestServer
import Synchronization
import Testing

/// A client for the test's own servers.
func client(_ change: (inout ClientConfiguration) -> Void = { _ in }) -> HTTPClient {
    var configuration = ClientConfiguration()
    configuration.allowsPlainHTTP = true
    configuration.timeLimits = TimeLimits(totalSeconds: 60)
    change(&configuration)
    return HTTPClient(configuration)
}

/// The name of the case that a call fails with, or what it answered.
func outcome(_ client: HTTPClient, _ request: ClientRequest) -> String {
    do throws(ClientError) {
        return "answered \(try client.send(request).status)"
    } catch {
        #expect(!error.message.isEmpty)
        return String("\(Mirror(reflecting: error).children.first?.label ?? "")")
    }
}

@Suite struct HTTPClientTests {
    @Test("A request arrives as it was written, and the answer too")
    func exchanges() throws {
        let reply = answer(
            "201 Created", fields: "ETag: \"1.2\"\r\nX-Two: a\r\nx-two:  b \r\nEmpty:\r\n", "{\"id\":1}")
        try TestServer.run({ _ in .keep(reply) }) { server throws in
            let response = try client().send(
                ClientRequest(
                    "POST", "\(server.url)/v1/../a%2Fb?x=1",
                    fields: [("Content-Type", "application/json"), ("Audit-Reason", "")],
                    body: .bytes(Array("{}".utf8))))
            #expect(response.status == 201)
            #expect(response.isSuccess)
            #expect(response.body == Array("{\"id\":1}".utf8))
            #expect(response.fields.map(\.name) == ["ETag", "X-Two", "x-two", "Empty", "Content-Length"])
            #expect(response.fields.map(\.value) == ["\"1.2\"", "a", "b", "", "8"])
            #expect(response[field: "etag"] == "\"1.2\"")
            #expect(response[field: "none"] == nil)
            let received = try #require(server.received.first)
            #expect(received.line == "POST /v1/../a%2Fb?x=1 HTTP/1.1")
            #expect(received.body == Array("{}".utf8))
            #expect(received.field("content-type") == "application/json")
            #expect(received.field("audit-reason") == "")
            #expect(received.field("content-length") == "2")
            #expect(received.field("host") == "127.0.0.1:\(server.port)")
            #expect(received.field("user-agent") == "titan-control-plane")
            #expect(received.field("accept-encoding") == nil)
        }
    }

    @Test("Each method goes out under its name; those that carry a body announce even an empty one")
    func methods() throws {
        try TestServer.run({ _ in .keep(answer()) }) { server throws in
            let client = client()
            for method in ["GET", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"] {
                #expect(try client.send(ClientRequest(method, server.url + "/")).status == 200)
                let received = try #require(server.received.last)
                #expect(received.line == "\(method) / HTTP/1.1")
                #expect(received.field("content-length") == (method.hasPrefix("P") ? "0" : nil))
                #expect(received.field("content-type") == nil)
                #expect(received.field("transfer-encoding") == nil)
                #expect(received.field("expect") == nil)
            }
            #expect(try client.send(ClientRequest("DELETE", server.url, body: .bytes([1]))).status == 200)
            #expect(server.received.last?.body == [1])
        }
    }

    @Test("Answers without a body are whole", arguments: ["204 No Content", "304 Not Modified"])
    func answersWithoutBody(_ status: String) throws {
        try TestServer.run({ _ in .keep(Array("HTTP/1.1 \(status)\r\nETag: \"1\"\r\n\r\n".utf8)) }) {
            server throws in
            let client = client()
            for _ in 0..<2 {
                let response = try client.send(ClientRequest("GET", server.url))
                #expect("\(response.status)" == status.prefix(3))
                #expect(response.body.isEmpty)
            }
            #expect(server.connectionsCount == 1)
        }
    }

    @Test("HEAD takes no body, however long the one that it announces")
    func head() throws {
        let reply = Array("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n".utf8)
        try TestServer.run({ _ in .keep(reply) }) { server throws in
            let response = try client().send(ClientRequest("HEAD", server.url))
            #expect(response[field: "Content-Length"] == "999999999")
            #expect(response.body.isEmpty)
        }
    }

    @Test("Interim answers and trailers are not taken for the answer's fields")
    func interimAnswers() throws {
        let reply =
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nA: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        let body = "3\r\nabc\r\n0\r\nAuthorization: trailer\r\n\r\n"
        try TestServer.run({ _ in .keep(Array((reply + body).utf8)) }) { server throws in
            let response = try client().send(ClientRequest("GET", server.url))
            #expect(response.status == 200)
            #expect(response.fields.map(\.name) == ["A", "Transfer-Encoding"])
            #expect(response.body == Array("abc".utf8))
        }
    }

    @Test("Large bodies go there and come back")
    func largeBodies() throws {
        let body = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try TestServer.run({ .keep(answer("200 OK", $0.body)) }) { server throws in
            let response = try client().send(ClientRequest("PUT", server.url, body: .bytes(body)))
            #expect(response.body == body)
            #expect(server.received.first?.field("content-length") == "3000000")
            #expect(server.received.first?.field("expect") == "100-continue")
        }
    }

    @Test("A redirect is an answer and not followed")
    func redirects() throws {
        try TestServer.run({ _ in .keep(answer("200 OK", "secret")) }) { target throws in
            let reply = answer("302 Found", fields: "Location: \(target.url)/\r\n", "")
            try TestServer.run({ _ in .keep(reply) }) { server throws in
                let response = try client().send(ClientRequest("GET", server.url))
                #expect(response.status == 302)
                #expect(response[field: "location"] == "\(target.url)/")
                #expect(target.connectionsCount == 0)
            }
        }
    }

    @Test("A connection serves one call after the other, and the server may close it in between")
    func reusesConnections() throws {
        try TestServer.run({ $0.line.contains("/last") ? .close(answer()) : .keep(answer()) }) {
            server throws in
            let client = client()
            for path in ["/", "/", "/", "/last", "/", "/"] {
                #expect(try client.send(ClientRequest("GET", server.url + path)).status == 200)
            }
            #expect(server.received.map(\.connection) == [0, 0, 0, 0, 1, 1])
        }
    }

    @Test("Nothing of one call is left in the next on the same connection")
    func forgetsCalls() throws {
        try TestServer.run({ _ in .keep(answer("200 OK", "body")) }) { server throws in
            let client = client()
            _ = try client.send(
                ClientRequest(
                    "PUT", server.url, fields: [("Authorization", "Bearer a")], body: .bytes([1, 2])))
            _ = try client.send(ClientRequest("HEAD", server.url))
            let third = try client.send(ClientRequest("GET", server.url))
            #expect(third.body == Array("body".utf8))
            #expect(server.received.last?.line == "GET / HTTP/1.1")
            #expect(server.received.last?.field("authorization") == nil)
            #expect(server.received.last?.field("content-length") == nil)
        }
    }

    @Test("Many threads call at once and each gets its own answer")
    func manyThreads() throws {
        try TestServer.run({ .keep(answer("200 OK", $0.body)) }) { server throws in
            let client = client { $0.idleHandlesMax = 4 }
            let right = Atomic(0)
            let threads = (0..<12).map { thread in
                startThread {
                    for call in 0..<20 {
                        let body = Array("\(thread)-\(call)".utf8)
                        let request = ClientRequest(
                            "POST", "http://127.0.0.1:\(server.port)/", body: .bytes(body))
                        if (try? client.send(request))?.body == body { right.add(1, ordering: .relaxed) }
                    }
                }
            }
            for thread in threads { pthread_join(thread, nil) }
            #expect(right.load(ordering: .relaxed) == 240)
        }
    }

    @Test("Proxies in the environment are ignored, one in the configuration is used")
    func proxies() async throws {
        await #expect(processExitsWith: .success) {
            try TestServer.run({ _ in .keep(answer("299 Proxy", "")) }) { proxy throws in
                for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
                    setenv(name, proxy.url, 1)
                }
                try TestServer.run({ _ in .keep(answer()) }) { server throws in
                    let direct = try client().send(ClientRequest("GET", server.url))
                    try #require(direct.status == 200 && proxy.connectionsCount == 0)
                    let proxied = try client({ $0.proxyURL = proxy.url }).send(
                        ClientRequest("GET", server.url))
                    try #require(proxied.status == 299 && server.connectionsCount == 1)
                }
            }
        }
    }
}
