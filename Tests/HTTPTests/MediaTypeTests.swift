import HTTP
import Testing

@Suite("Media types and codings")
struct MediaTypeTests {
    @Test("A type is read without regard to case, with its parameters")
    func parsing() throws {
        let type = try #require(MediaType(parsing: "Application/JSON ; Charset=utf-8;x=\"a;\\\"b\""))
        #expect(type.essence == "application/json")
        #expect(type[parameter: "charset"] == "utf-8")
        #expect(type[parameter: "x"] == "a;\"b")
        #expect(MediaType.problem.description == "application/problem+json")
    }

    @Test(
        "What is no type is refused",
        arguments: ["", "json", "a/", "/b", "a/b/c", "a b/c", "a/b;x", "a/b;=y", "a/b;x=\"y"])
    func malformed(text: String) {
        #expect(MediaType(parsing: text) == nil)
    }

    @Test(
        "The client's weights choose the media type",
        arguments: [
            (nil, "application/json"),
            ("*/*", "application/json"),
            ("application/x-ndjson", "application/x-ndjson"),
            ("application/*;q=0.5, application/x-ndjson;q=0.9", "application/x-ndjson"),
            ("application/*, application/json;q=0.1", "application/x-ndjson"),
            ("application/json;q=0, */*;q=0.1", "application/x-ndjson"),
            ("text/html", "none"),
            ("application/json;q=0", "none"),
            ("", "none"),
            ("nonsense, application/json", "application/json"),
        ] as [(String?, String)])
    func accept(value: String?, expected: String) {
        #expect(Accept(value).preferred(among: [.json, .ndjson])?.essence ?? "none" == expected)
    }

    @Test(
        "The client's weights choose the coding",
        arguments: [
            (nil, "identity"),
            ("", "identity"),
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("x-gzip", "gzip"),
            ("gzip, zstd", "zstd"),
            ("gzip;q=1.0, zstd;q=0.5", "gzip"),
            ("gzip;q=0", "identity"),
            ("br", "identity"),
            ("*", "zstd"),
            ("*;q=0, gzip", "gzip"),
            ("identity;q=0", "none"),
            ("*;q=0", "none"),
            ("identity, gzip;q=0.5", "identity"),
            ("gzip;q=2", "identity"),
            ("gzip;q=0.0001", "identity"),
        ] as [(String?, String)])
    func acceptEncoding(value: String?, expected: String) {
        let coding = AcceptEncoding(value).preferred(among: [.zstd, .gzip, .identity])
        #expect(coding?.rawValue ?? "none" == expected)
    }
}
