import HTTP
import HTTPServer
import Testing

@Suite("Answers on the loop and off it")
struct AnsweringTests {
    @Test("An immediate answer comes with its fields, and the connection stays open")
    func immediate() async throws {
        try await withServer { head in
            .answer(Response(text: head.pathText, fields: [.etag: "\"1\"", .cacheControl: "no-cache"]))
        } _: { _, port in
            let client = try Client(port: port)
            for path in ["/a", "/b/c"] {
                try client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try client.receive()
                #expect(answer.status == 200)
                #expect(answer.text == path)
                #expect(answer.fields["etag"] == "\"1\"")
                #expect(answer.fields["connection"] == nil)
                #expect(answer.fields["date"]?.hasSuffix("GMT") == true)
            }
        }
    }

    @Test("Pipelined requests are answered in order, whatever their kind")
    func pipelined() async throws {
        try await withServer { head in
            let text = head.pathText
            return text.hasPrefix("/later")
                ? .deferred(bodyBytesMax: 10) { request in
                    Response(text: text + String(decoding: request.body, as: UTF8.self))
                }
                : .answer(Response(text: text))
        } _: { _, port in
            let client = try Client(port: port)
            var all = ""
            for number in 0..<50 {
                all += "GET /now\(number) HTTP/1.1\r\nHost: x\r\n\r\n"
                all += "POST /later\(number) HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n!"
            }
            try client.send(all)
            for number in 0..<50 {
                #expect(try client.receive().text == "/now\(number)")
                #expect(try client.receive().text == "/later\(number)!")
            }
        }
    }

    @Test("A deferred request has its whole body, fields, query and peer")
    func deferred() async throws {
        try await withServer { _ in
            .deferred(bodyBytesMax: 1 << 20) { request in
                #expect(request.method == .put)
                #expect(request.path == Array("/v1/x".utf8))
                #expect(request.query == Array("a=1&b=%20+2".utf8))
                #expect(request.fields[.contentType] == "application/json")
                #expect(request.peer.address == "127.0.0.1")
                return Response(.ok, body: .bytes(request.body))
            }
        } _: { _, port in
            let client = try Client(port: port)
            for count in [0, 1, 5_000, 700_000] {
                let body = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
                try client.send(
                    "PUT /v1/x?a=1&b=%20+2 HTTP/1.1\r\nHost: x\r\nContent-Type:application/json \r\nContent-Length: \(count)\r\n\r\n"
                )
                try client.send(body)
                let answer = try client.receive()
                #expect(answer.status == 200)
                #expect(answer.body == body)
            }
        }
    }

    @Test("Who sends a body that is refused from its head can send all of it, and reads why")
    func refusedBody() async throws {
        try await withServer { head in
            head.pathText == "/now"
                ? .answer(Response(text: "no", status: .unauthorized))
                : .deferred(bodyBytesMax: 1_000) { _ in Response(.ok) }
        } _: { server, port in
            for (path, status) in [("/now", 401), ("/large", 413)] {
                let client = try Client(port: port)
                try client.send("POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(20 << 20)\r\n\r\n")
                for _ in 0..<20 { try client.send([UInt8](repeating: 0, count: 1 << 20)) }
                let answer = try client.receive()
                #expect(answer.status == status)
                #expect(answer.fields["connection"] == "close")
                #expect(try client.isClosed())
            }
            #expect(eventually { server.gauges.connections == 0 })
        }
    }

    @Test("A body is announced as welcome only once the head is accepted")
    func expectation() async throws {
        try await withServer { head in
            head.pathText == "/no"
                ? .answer(Response(.forbidden))
                : .deferred(bodyBytesMax: 10) { Response(.ok, body: .bytes($0.body)) }
        } _: { _, port in
            let head = "HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
            let refused = try Client(port: port)
            try refused.send("POST /no " + head)
            #expect(try refused.receiveAny()?.status == 403)
            #expect(try refused.isClosed())
            let welcome = try Client(port: port)
            try welcome.send("POST /yes " + head)
            #expect(try welcome.receiveAny()?.status == 100)
            try welcome.send("body")
            #expect(try welcome.receiveAny()?.text == "body")
        }
    }

    @Test("Each exchange is told to the observer, with what it was and how long it took")
    func observed() async throws {
        let observer = RecordingObserver()
        try await withServer(ServerConfiguration(observer: observer)) { _ in
            .deferred(bodyBytesMax: 10) { Response(.created, body: .bytes($0.body + $0.body)) }
        } _: { server, port in
            let client = try Client(port: port)
            try client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            #expect(try client.receive().text == "bodybody")
            try client.send("BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive().status == 501)
            #expect(eventually { observer.exchanges.count == 2 })
            let (first, second) = (observer.exchanges[0], observer.exchanges[1])
            #expect(first.method == .put && first.status == .created && first.isComplete)
            #expect(first.bodyBytesReceived == 4 && first.bodyBytesSent == 8 && first.duration > .zero)
            #expect(second.method == nil && second.status == .notImplemented)
            #expect(eventually { server.gauges.connections == 0 })
        }
    }
}
