import Compression
import HTTP

/// Compresses answers where the client asks for it.
///
/// The entity tag stays what it is, though RFC 9110 §8.8.3.3 would have another one for each coding: it names
/// a revision, and a client that read the compressed form must be able to send it back in `If-Match`.
struct AnswerCompression {
    let bytesMin: Int?

    /// Past it compressing takes over half a millisecond: the answer leaves the loop for it.
    static let bytesMaxOnLoop = 32 << 10

    /// Whether the answer depends on what the client accepts.
    func concerns(_ response: Response) -> Bool {
        guard let bytesMin else { return false }
        switch response.body {
        case .bytes(let bytes): if bytes.count < bytesMin { return false }
        case .stream: break
        case .none, .shared: return false
        }
        return response.status != .noContent && response.status != .notModified
            && response.fields[.contentEncoding] == nil
    }

    /// Whether `apply` would take too long for a loop.
    func isLong(_ response: Response, accepting field: String?) -> Bool {
        guard case .bytes(let bytes) = response.body, bytes.count > Self.bytesMaxOnLoop else { return false }
        return Self.encoding(accepting: field) != nil
    }

    /// For an answer that it concerns; one that can't be compressed for want of memory goes as it is.
    func apply(to response: inout Response, accepting field: String?) {
        response.fields[.vary] = response.fields[.vary].map { "\($0), Accept-Encoding" } ?? "Accept-Encoding"
        guard let encoding = Self.encoding(accepting: field) else { return }
        switch response.body {
        case .none, .shared: return
        case .bytes(let bytes):
            guard let compressed = try? compress(bytes, as: encoding) else { return }
            response.body = .bytes(compressed)
        case .stream(let produce):
            response.body = .stream { writer in
                let compressing = try CompressingWriter(writer, encoding)
                try await produce(compressing)
                try await compressing.finish()
            }
        }
        response.fields[.contentEncoding] = encoding.rawValue
    }

    private static func encoding(accepting field: String?) -> ContentEncoding? {
        guard let field else { return nil }
        return AcceptEncoding(field).preferred(among: [.zstd, .gzip, .identity])
            .flatMap { ContentEncoding(rawValue: $0.rawValue) }
    }
}

/// Compresses a streamed body as it is written.
private final class CompressingWriter: BodyWriter, @unchecked Sendable {
    // Safe to share: a body has one writer, which waits for each write before the next.

    /// What is written comes out at least so often, however little it is.
    private static let flushPeriod: Int64 = 500_000_000

    private let writer: any BodyWriter
    private let compressor: StreamCompressor
    private var nextFlush = MonotonicTime.now().adding(flushPeriod)

    init(_ writer: any BodyWriter, _ encoding: ContentEncoding) throws {
        self.writer = writer
        compressor = try StreamCompressor(encoding)
    }

    func write(_ bytes: [UInt8]) async throws {
        let now = MonotonicTime.now()
        let mustFlush = now >= nextFlush
        if mustFlush { nextFlush = now.adding(Self.flushPeriod) }
        try await writer.write(try compressor.compress(bytes, flush: mustFlush))
    }

    func finish() async throws { try await writer.write(try compressor.finish()) }
}
