import Bytes
import HTTP
import HTTPServer
import Testing

@Suite("Answers without a body")
struct BodilessTests {
    private static let shared = SharedBytes(Array("shared".utf8))

    @Test("HEAD, 204 and 304 have no body and no Content-Length that lies")
    func bodiless() async throws {
        try await withServer { head in
            switch head.pathText {
            case "/bytes": .answer(Response(text: "hello"))
            case "/shared": .answer(Response(.ok, body: .shared(Self.shared)))
            case "/stream": .answer(Response(.ok, body: .stream { try await $0.write([1, 2, 3]) }))
            case "/204": .answer(Response(.noContent))
            case "/204-body": .answer(Response(text: "no", status: .noContent))
            case "/304": .answer(Response(.notModified, fields: [.etag: "\"1\""]))
            case "/304-of": .answer(Response(text: "four", fields: [.contentType: "a/b"]).notModified())
            case "/told": .answer(Response(.ok, fields: [.contentLength: "12"]))
            case "/304-shared": .answer(Response(.notModified, body: .shared(Self.shared)))
            case "/304-stream": .answer(Response(.notModified, body: .stream { try await $0.write([1]) }))
            default: .answer(Response(text: "end"))
            }
        } _: { _, port in
            var client = try Client(port: port)
            let cases = [
                ("HEAD", "/bytes", 200, "5"), ("HEAD", "/shared", 200, "6"), ("HEAD", "/stream", 200, nil),
                ("HEAD", "/204", 204, nil), ("GET", "/204", 204, nil), ("GET", "/204-body", 204, nil),
                ("GET", "/304", 304, nil), ("HEAD", "/304", 304, nil), ("GET", "/304-shared", 304, "6"),
                ("GET", "/304-stream", 304, nil), ("GET", "/304-of", 304, "4"), ("HEAD", "/told", 200, "12"),
            ]
            for (method, path, status, length) in cases {
                try client.send("\(method) \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                let answer = try client.receive(toHead: true)
                #expect(answer.status == status, "\(method) \(path)")
                #expect(answer.fields["content-length"] == length, "\(method) \(path)")
                #expect(answer.fields["transfer-encoding"] == nil && answer.fields["content-type"] == nil)
                if length == nil, status != 204 {
                    #expect(answer.fields["connection"] == "close")
                    #expect(try client.isClosed(), "behind \(method) \(path)")
                    client = try Client(port: port)
                }
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try client.receive().text == "end", "behind \(method) \(path)")
            }
        }
    }
}
