import Bytes
import Compression
import HTTP
import HTTPServer
import Testing

@Suite("Compressed answers")
struct CompressionTests {
    private static let small = [UInt8](repeating: 65, count: 100)
    private static let medium = Array(String(repeating: "a tenant and its cell; ", count: 500).utf8)
    private static let long = Array(String(repeating: "a tenant and its cell; ", count: 50_000).utf8)

    @Test(
        "Bodies long enough are compressed as the client prefers, whatever makes them",
        arguments: ["gzip", "zstd", "identity"])
    func codings(coding: String) async throws {
        try await withServer { head in
            let kind = head.pathText
            let body = kind.contains("long") ? Self.long : kind.contains("small") ? Self.small : Self.medium
            let response = Response(.ok, fields: [.etag: "\"1\"", .vary: "Accept"], body: .bytes(body))
            return switch kind.split(separator: "-")[0] {
            case "/now": .answer(response)
            case "/later": .deferred(bodyBytesMax: 0) { _ in response }
            case "/watch":
                .watch(
                    Watch(signal: Signal(), deadline: .now + .milliseconds(10)) {
                        $0 == .ended ? .answer(response) : nil
                    })
            case "/stream":
                .answer(
                    Response(
                        .ok, fields: [.etag: "\"1\"", .vary: "Accept"],
                        body: .stream { writer in
                            for start in stride(from: 0, to: body.count, by: 700) {
                                try await writer.write(Array(body[start..<min(start + 700, body.count)]))
                            }
                        }))
            case "/shared": .answer(Response(.ok, body: .shared(SharedBytes(body))))
            default: .answer(Response(.ok, fields: [.contentEncoding: "br"], body: .bytes(body)))
            }
        } _: { _, port in
            let client = try Client(port: port)
            for kind in ["now", "later", "watch", "stream", "shared", "encoded"] {
                for size in ["small", "medium", "long"] {
                    try client.send(
                        "GET /\(kind)-\(size) HTTP/1.1\r\nHost: x\r\nAccept-Encoding: \(coding)\r\n\r\n")
                    let answer = try client.receive()
                    let plain = size == "long" ? Self.long : size == "small" ? Self.small : Self.medium
                    let concerns =
                        kind == "stream" || size != "small" && !["shared", "encoded"].contains(kind)
                    let isCompressed = concerns && coding != "identity"
                    #expect(
                        answer.fields["content-encoding"]
                            == (kind == "encoded" ? "br" : isCompressed ? coding : nil))
                    if concerns {
                        #expect(answer.fields["vary"] == "Accept, Accept-Encoding")
                        #expect(answer.fields["etag"] == "\"1\"")
                    }
                    if isCompressed, let encoding = ContentEncoding(rawValue: coding) {
                        if size != "small" { #expect(answer.body.count < plain.count / 10) }
                        let body = try decompress(answer.body, as: encoding, bytesMax: plain.count)
                        #expect(body == plain, "\(kind) \(size)")
                    } else {
                        #expect(answer.body == plain, "\(kind) \(size)")
                    }
                }
            }
        }
    }

    @Test("HEAD tells the length that GET would have had, and nothing is compressed where it is switched off")
    func headAndNever() async throws {
        for bytesMin in [1_400, nil] as [Int?] {
            try await withServer(ServerConfiguration(compressionBytesMin: bytesMin)) { _ in
                .answer(Response(.ok, body: .bytes(Self.medium)))
            } _: { _, port in
                let client = try Client(port: port)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
                let get = try client.receive()
                try client.send("HEAD / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
                let head = try client.receive(toHead: true)
                #expect(head.fields["content-length"] == "\(get.body.count)")
                #expect(get.fields["content-encoding"] == (bytesMin == nil ? nil : "gzip"))
            }
        }
    }
}
