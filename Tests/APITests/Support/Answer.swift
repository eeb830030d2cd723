import Bytes
import Compression
import HTTP
import JSON
import Synchronization
import Testing

/// A response whose body has been read to its end.
struct Answer: Sendable {
    let status: Int
    let fields: Fields
    /// As it was sent, compressed perhaps.
    let bytes: [UInt8]

    init(_ response: Response) async throws {
        status = Int(response.status.rawValue)
        fields = response.fields
        switch response.body {
        case .none: bytes = []
        case .bytes(let sent): bytes = sent
        case .shared(let shared): bytes = shared.bytes
        case .stream(let produce):
            let sink = Sink()
            try await produce(sink)
            bytes = sink.bytes
        }
    }

    /// The body, decompressed.
    var content: [UInt8] {
        get throws {
            guard let encoding = fields[.contentEncoding].flatMap(ContentEncoding.init(rawValue:)) else {
                return bytes
            }
            return try decompress(bytes, as: encoding, bytesMax: 64 * 1024 * 1024)
        }
    }

    var json: JSONValue { get throws { try JSONValue(parsing: try content) } }
    var text: String { get throws { String(decoding: try content, as: UTF8.self) } }
    /// The body as a test's message shows it.
    var shown: String { (try? text) ?? "\(bytes.count) bytes" }
    /// The lines of an NDJSON body.
    var lines: [JSONValue] {
        get throws {
            try content.split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: Array($0)) }
        }
    }

    subscript(key: String) -> JSONValue? { get throws { try json[key] } }

    var etag: String { fields[.etag] ?? "" }

    /// Expects a status, and shows the body where it is another.
    @discardableResult
    func expect(_ status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws -> Answer {
        try #require(self.status == status, "\(shown)", sourceLocation: sourceLocation)
        return self
    }

    /// Expects a problem of that code.
    @discardableResult
    func expect(
        _ status: Int, _ code: String, field: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        try expect(status, sourceLocation: sourceLocation)
        let found = try self["code"]
        #expect(found == .string(code), "\(shown)", sourceLocation: sourceLocation)
        if let field {
            let fields = try self["errors"]?.array?.compactMap { $0["field"]?.string } ?? []
            #expect(fields.contains(field), "\(shown)", sourceLocation: sourceLocation)
        }
        return self
    }
}

/// A long poll that the test wakes and ends.
struct Poll: Sendable {
    let watch: Watch
    let request: Request

    init(_ watch: Watch, _ request: Request) {
        self.watch = watch
        self.request = request
    }

    var isHeld: Bool { get throws { watch.decide(.woken) == nil } }

    /// What it says after its signal has fired; nil where it goes on.
    func woken() async -> Response? { await resolve(watch.decide(.woken)) }

    /// What it says at its deadline, or when a newer one takes its place.
    func ended() async throws -> Response {
        try #require(await resolve(watch.decide(.ended)), "a poll has an answer at its end")
    }

    private func resolve(_ reception: Reception?) async -> Response? {
        switch reception {
        case nil: return nil
        case .answer(let response): return response
        case .deferred(_, let work): return await work(request)
        case .streamed, .watch:
            Issue.record("a watch can't be followed by this")
            return nil
        }
    }
}

/// Gathers a streamed body.
private final class Sink: BodyWriter {
    private let gathered = Mutex<[UInt8]>([])

    var bytes: [UInt8] { gathered.withLock { $0 } }
    func write(_ bytes: [UInt8]) async throws { gathered.withLock { $0 += bytes } }
}

/// Hands out a body piece by piece.
final class Pieces: BodyReader {
    private let rest: Mutex<ArraySlice<UInt8>>
    private let count: Int
    private let beforeLast: @Sendable () async throws -> Void

    init(of bytes: [UInt8], count: Int, beforeLast: @escaping @Sendable () async throws -> Void = {}) {
        rest = Mutex(bytes[...])
        self.count = count
        self.beforeLast = beforeLast
    }

    func next() async throws -> [UInt8]? {
        if rest.withLock({ !$0.isEmpty && $0.count <= count }) { try await beforeLast() }
        return rest.withLock { rest in
            let piece = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return piece.isEmpty ? nil : piece
        }
    }
}
