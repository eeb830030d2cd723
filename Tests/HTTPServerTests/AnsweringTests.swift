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
}
