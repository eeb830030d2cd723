import Bytes

/// An answer as a plain value. The server adds `Date`, `Content-Length` and `Connection` by itself.
///
/// To HEAD it tells the body's length and does not send it; `fields[.contentLength]` says it where the body
/// was not made, and is of no effect elsewhere.
public struct Response: Sendable {
    public var status: Status
    public var fields: Fields
    public var body: Body

    public init(_ status: Status, fields: Fields = [:], body: Body = .none) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The answer to a read of this representation by someone who has it already.
    ///
    /// It keeps the body, whose length a 304 may tell and whose bytes it does not send. A 304 made without
    /// one closes the connection, because nothing else can say truthfully where it ends.
    public func notModified() -> Response {
        var response = self
        response.status = .notModified
        response.fields[.contentType] = nil
        response.fields[.contentEncoding] = nil
        return response
    }

    public enum Body: Sendable {
        case none
        /// Copied into the answer: right for the small ones. The server compresses those past
        /// `ServerConfiguration.compressionBytesMin` where the client asks and no `Content-Encoding` is set.
        case bytes([UInt8])
        /// Sent from where it lies, never copied nor compressed: right for a body that many requests share.
        case shared(SharedBytes)
        /// Written piece by piece while the client reads, in bounded memory.
        case stream(@Sendable (any BodyWriter) async throws -> Void)
    }
}

/// The sink of a streamed body.
public protocol BodyWriter: Sendable {
    /// Waits while the client reads more slowly than this is called.
    ///
    /// - Throws: `BodyClosed` once the client is gone or the server stops; the producer must end then.
    func write(_ bytes: [UInt8]) async throws
}

/// A streamed body, read piece by piece, in the order it arrives.
public protocol BodyReader: Sendable {
    /// The next piece, never empty; nil at the end.
    ///
    /// - Throws: `BodyClosed` where the client went away, or was too slow, or sent more than the limit.
    func next() async throws -> [UInt8]?
}

/// The other end of a streamed body is gone.
public struct BodyClosed: Error, Equatable {
    public init() {}
}
