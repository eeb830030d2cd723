/// A request to send. Not `Sendable`, since a streamed body is read on the caller's thread.
public struct ClientRequest {
    public var method: String
    /// Absolute, percent-encoded by the caller; without user and password.
    public var url: String
    public var fields: [(name: String, value: String)]
    public var body: Body
    /// In place of the client's own.
    public var timeLimits: TimeLimits?
    /// Nil: it is not signed.
    public var signature: RequestSignature?

    public init(
        _ method: String, _ url: String, fields: [(name: String, value: String)] = [],
        body: Body = .none,
        timeLimits: TimeLimits? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.timeLimits = timeLimits
    }

    public enum Body {
        case none
        case bytes([UInt8])
        /// Read piece by piece while it is sent; nil is the end. The length is exact and known before, because
        /// our server takes no chunked uploads (411): a caller that does not know it gathers the bytes first.
        case stream(length: Int, next: () throws -> [UInt8]?)

        var length: Int {
            switch self {
            case .none: 0
            case .bytes(let bytes): bytes.count
            case .stream(let length, _): length
            }
        }
    }
}
