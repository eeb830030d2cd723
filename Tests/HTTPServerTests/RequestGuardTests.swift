import HTTP
import HTTPServer
import Testing

/// Raw bytes, and the status that answers them.
struct RawCase: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: String
    var status: Int

    init(_ name: String, _ bytes: String, _ status: Int) {
        self.name = name
        self.bytes = bytes
        self.status = status
    }

    var testDescription: String { name }

    /// A request with those lines (each ended by CR LF), and the end of the head.
    static func head(_ name: String, _ lines: String..., body: String = "", status: Int) -> RawCase {
        RawCase(name, lines.joined(separator: "\r\n") + "\r\n\r\n" + body, status)
    }
}

@Suite("Request guard")
struct RequestGuardTests {
    static let refused: [RawCase] = [
        .head("no Host", "GET / HTTP/1.1", status: 400),
        .head("no Host in HTTP/1.0", "GET / HTTP/1.0", status: 400),
        .head("two Hosts", "GET / HTTP/1.1", "Host: a", "Host: a", status: 400),
        .head("an empty Host", "GET / HTTP/1.1", "Host:", status: 400),
        .head("a Host with a path", "GET / HTTP/1.1", "Host: a/b", status: 400),
        .head("a Host with a list", "GET / HTTP/1.1", "Host: a, b", status: 400),
        .head(
            "two equal Content-Lengths", "POST / HTTP/1.1", "Host: x", "Content-Length: 1",
            "Content-Length: 1", body: "a", status: 400),
        .head(
            "two Content-Lengths", "POST / HTTP/1.1", "Host: x", "Content-Length: 1", "Content-Length: 9",
            body: "a", status: 400),
        .head(
            "a list of Content-Lengths", "POST / HTTP/1.1", "Host: x", "Content-Length: 1, 1", body: "a",
            status: 400),
        .head(
            "Content-Length with Transfer-Encoding", "POST / HTTP/1.1", "Host: x", "Content-Length: 1",
            "Transfer-Encoding: chunked", body: "0\r\n\r\n", status: 400),
        .head(
            "Transfer-Encoding", "POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked",
            body: "0\r\n\r\n", status: 411),
        .head(
            "two Transfer-Encodings", "POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked",
            "Transfer-Encoding: identity", status: 400),
        .head(
            "an unknown Transfer-Encoding", "POST / HTTP/1.1", "Host: x", "Transfer-Encoding: xchunked",
            status: 411),
        .head(
            "Transfer-Encoding on a GET", "GET / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked",
            body: "0\r\n\r\n", status: 411),
        .head(
            "a space before the colon", "POST / HTTP/1.1", "Host: x", "Transfer-Encoding : chunked",
            body: "0\r\n\r\n", status: 400),
        .head(
            "a tab before the colon", "POST / HTTP/1.1", "Host: x", "Content-Length\t: 1", body: "a",
            status: 400),
        .head("a name that is no token", "GET / HTTP/1.1", "Host: x", "X(y): 1", status: 400),
        .head("a name with a byte past ASCII", "GET / HTTP/1.1", "Host: x", "Xé: 1", status: 400),
        .head("no name", "GET / HTTP/1.1", "Host: x", ": 1", status: 400),
        .head("no colon", "GET / HTTP/1.1", "Host: x", "Nothing", status: 400),
        .head("a NUL in a value", "GET / HTTP/1.1", "Host: x", "X: a\0b", status: 400),
        .head("a NUL at a value's end", "GET / HTTP/1.1", "Host: x", "X: a\0", status: 400),
        .head("a NUL in a name", "GET / HTTP/1.1", "Host: x", "X\0Y: a", status: 400),
        .head("a control byte in a value", "GET / HTTP/1.1", "Host: x", "X: a\u{1}b", status: 400),
        .head("DEL in a value", "GET / HTTP/1.1", "Host: x", "X: a\u{7f}b", status: 400),
        .head(
            "a bare CR in a value", "GET / HTTP/1.1", "Host: x", "X: a\rTransfer-Encoding: chunked",
            status: 400),
        .head("a folded line", "GET / HTTP/1.1", "Host: x", "X: a", " b", status: 400),
        .head("a folded first line", "GET / HTTP/1.1", " Host: x", "Host: x", status: 400),
        RawCase("a bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400),
        RawCase("a bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400),
        RawCase("a bare LF after the last field", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400),
        RawCase("a bare LF as the last line", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400),
        RawCase("bare LFs alone", "GET / HTTP/1.1\nHost: x\n\n", 400),
        .head(
            "two Authorizations", "GET / HTTP/1.1", "Host: x", "Authorization: a", "Authorization: b",
            status: 400),
        .head(
            "two Content-Types", "POST / HTTP/1.1", "Host: x", "Content-Type: a/b", "Content-Type: a/c",
            status: 400),
        .head(
            "two Idempotency-Keys", "POST / HTTP/1.1", "Host: x", "Idempotency-Key: a", "idempotency-key: b",
            status: 400),
        .head(
            "two Expects", "POST / HTTP/1.1", "Host: x", "Expect: 100-continue", "Expect: 100-continue",
            status: 400),
        .head("an unknown expectation", "POST / HTTP/1.1", "Host: x", "Expect: 200-ok", status: 417),
        .head(
            "a Content-Length past the cap", "POST / HTTP/1.1", "Host: x", "Content-Length: 1001", status: 413
        ),
        .head(
            "a Content-Length of 2^63", "POST / HTTP/1.1", "Host: x", "Content-Length: 9223372036854775808",
            status: 413),
        .head(
            "a Content-Length of 2^64", "POST / HTTP/1.1", "Host: x", "Content-Length: 18446744073709551616",
            status: 413),
        .head(
            "a Content-Length with a sign", "POST / HTTP/1.1", "Host: x", "Content-Length: +3", body: "abc",
            status: 400),
        .head("a negative Content-Length", "POST / HTTP/1.1", "Host: x", "Content-Length: -1", status: 400),
        .head(
            "a Content-Length in hex", "POST / HTTP/1.1", "Host: x", "Content-Length: 0x3", body: "abc",
            status: 400),
        .head(
            "a Content-Length with a tail", "POST / HTTP/1.1", "Host: x", "Content-Length: 3abc", body: "abc",
            status: 400),
        .head("an empty Content-Length", "POST / HTTP/1.1", "Host: x", "Content-Length:", status: 400),
        .head("CONNECT", "CONNECT x:80 HTTP/1.1", "Host: x", status: 501),
        .head("a lower-case method", "get / HTTP/1.1", "Host: x", status: 501),
        .head("an unknown method", "BREW / HTTP/1.1", "Host: x", status: 501),
        .head("HTTP/1.2", "GET / HTTP/1.2", "Host: x", status: 505),
        .head("HTTP/2.0", "GET / HTTP/2.0", "Host: x", status: 505),
        .head("HTTP/0.9", "GET / HTTP/0.9", "Host: x", status: 505),
        .head("a lower-case version", "GET / http/1.1", "Host: x", status: 400),
        .head("a version without form", "GET / HTTP/11", "Host: x", status: 400),
        .head("no version", "GET /", "Host: x", status: 400),
        .head("two spaces before the target", "GET  / HTTP/1.1", "Host: x", status: 400),
        .head("two spaces before the version", "GET /  HTTP/1.1", "Host: x", status: 400),
        .head("a space in the target", "GET /a b HTTP/1.1", "Host: x", status: 400),
        .head("a tab in the target", "GET /a\tb HTTP/1.1", "Host: x", status: 400),
        .head("a space behind the version", "GET / HTTP/1.1 ", "Host: x", status: 400),
        .head("a NUL in the method", "GE\0T / HTTP/1.1", "Host: x", status: 400),
        .head("a NUL in the path", "GET /a\0b HTTP/1.1", "Host: x", status: 400),
        .head("a NUL in the query", "GET /?a\0b HTTP/1.1", "Host: x", status: 400),
        .head("a NUL behind the target", "GET /\0 HTTP/1.1", "Host: x", status: 400),
        .head("an absolute target", "GET http://x/ HTTP/1.1", "Host: x", status: 400),
        .head("an asterisk", "OPTIONS * HTTP/1.1", "Host: x", status: 400),
        .head("a target without a slash", "GET a HTTP/1.1", "Host: x", status: 400),
        .head("an escaped NUL", "GET /a%00b HTTP/1.1", "Host: x", status: 400),
        .head("an escaped slash", "GET /a%2Fb HTTP/1.1", "Host: x", status: 400),
        .head("an escaped backslash", "GET /a%5cb HTTP/1.1", "Host: x", status: 400),
        .head("an escaped line end", "GET /a%0d%0ab HTTP/1.1", "Host: x", status: 400),
        .head("a backslash", "GET /a\\b HTTP/1.1", "Host: x", status: 400),
        .head("dot segments", "GET /a/../b HTTP/1.1", "Host: x", status: 400),
        .head("a dot segment at the end", "GET /a/.. HTTP/1.1", "Host: x", status: 400),
        .head("a single dot segment", "GET /./a HTTP/1.1", "Host: x", status: 400),
        .head("escaped dot segments", "GET /a/%2e%2E/b HTTP/1.1", "Host: x", status: 400),
        .head("half-escaped dot segments", "GET /a/.%2e/b HTTP/1.1", "Host: x", status: 400),
        .head("a bad escape", "GET /a%zz HTTP/1.1", "Host: x", status: 400),
        .head("an escape cut short", "GET /a%2 HTTP/1.1", "Host: x", status: 400),
        .head("escaped bytes that are not UTF-8", "GET /%ff HTTP/1.1", "Host: x", status: 400),
        .head("an overlong escape", "GET /%c0%af HTTP/1.1", "Host: x", status: 400),
        .head("a byte past ASCII", "GET /é HTTP/1.1", "Host: x", status: 400),
        .head("a fragment", "GET /a#b HTTP/1.1", "Host: x", status: 400),
        .head("a byte past ASCII in the query", "GET /?é HTTP/1.1", "Host: x", status: 400),
        .head("a long target", "GET /\(String(repeating: "a", count: 600)) HTTP/1.1", "Host: x", status: 414),
        .head(
            "a long query", "GET /?\(String(repeating: "a=&", count: 200)) HTTP/1.1", "Host: x", status: 414),
        .head(
            "a target longer than the memory", "GET /\(String(repeating: "a", count: 60_000)) HTTP/1.1",
            "Host: x", status: 414),
        .head(
            "many fields", "GET / HTTP/1.1", "Host: x",
            (0..<32).map { "X\($0): y" }.joined(separator: "\r\n"), status: 431),
        .head(
            "a field longer than the memory", "GET / HTTP/1.1", "Host: x",
            "X: \(String(repeating: "y", count: 60_000))", status: 431),
        .head(
            "cookies that eat the memory", "GET / HTTP/1.1", "Host: x",
            "Cookie: \(String(repeating: "a=b;", count: 900))", status: 431),
        .head(
            "pairs that would eat the memory", "GET /?\(String(repeating: "&", count: 400)) HTTP/1.1",
            "Host: x", "X: \(String(repeating: "y", count: 20_000))", status: 431),
    ]

    @Test("What is refused never reaches the handler, and ends the connection", arguments: refused)
    func refusals(_ raw: RawCase) async throws {
        let calls = Shared(0)
        try await withServer(configuration) { _ in
            calls.change { $0 += 1 }
            return .answer(Response(.ok))
        } _: { _, port in
            let client = try Client(port: port)
            // What follows must not be taken for a request.
            try client.send(raw.bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try client.receive(toHead: true).status == raw.status)
            #expect(!String(decoding: try client.rest(), as: UTF8.self).contains(" 200 "))
        }
        #expect(calls.value == 0)
    }

    static let accepted: [RawCase] = [
        RawCase("the least", "GET / HTTP/1.1\r\nHost:x\r\n\r\n", 200),
        RawCase("an empty line before", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("HTTP/1.0", "GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", 200),
        RawCase(
            "white space around values", "GET / HTTP/1.1\r\nHost:  \t x\r\nX:\r\nY: \r\nZ: a b\tc \r\n\r\n",
            200),
        RawCase("a Host with a port", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 200),
        RawCase("an empty body on a GET", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 200),
        RawCase(
            "bytes past ASCII in a value", "GET / HTTP/1.1\r\nHost: x\r\nAudit-Reason: café\r\n\r\n", 200),
        RawCase("dots within segments", "GET /.a/..b/c./...?../x HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("escapes", "GET /a%3Ab%20c/%C3%A9?%2f=%00 HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("an escaped question mark", "GET /a%3Fb?c?d HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("an empty query", "GET /a? HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase(
            "many pairs", "GET /?\(String(repeating: "a&", count: 200)) HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 200),
        RawCase("QUERY", "QUERY / HTTP/1.1\r\nHost: x\r\n\r\n", 200),
    ]

    @Test("What is well-formed goes to the handler, and the connection goes on", arguments: accepted)
    func acceptance(_ raw: RawCase) async throws {
        try await withServer(configuration) { head in
            let query = head.query.map { "?" + String(decoding: $0, as: UTF8.self) } ?? ""
            return .answer(Response(text: head.pathText + query))
        } _: { _, port in
            let client = try Client(port: port)
            for _ in 0..<2 {
                try client.send(raw.bytes)
                let answer = try client.receive()
                #expect(answer.status == raw.status)
                #expect(answer.text == raw.bytes.split(separator: " ")[1])
            }
        }
    }

    @Test("A refusal is a problem document")
    func problem() async throws {
        try await withServer { _ in
            .answer(Response(.ok))
        } _: { _, port in
            let client = try Client(port: port)
            try client.send("GET / HTTP/1.1\r\n\r\n")
            let answer = try client.receive()
            #expect(answer.fields["content-type"] == "application/problem+json")
            #expect(answer.fields["connection"] == "close")
            #expect(
                answer.text == """
                    {"type":"about:blank","title":"Bad request","status":400,"code":"malformed_request",\
                    "detail":"A request has exactly one Host."}
                    """)
        }
    }

    private var configuration: ServerConfiguration {
        var limits = ServerLimits()
        limits.targetBytesMax = 500
        limits.fieldsMax = 32
        limits.bodyBytesMax = 1_000
        return ServerConfiguration(limits: limits)
    }
}
