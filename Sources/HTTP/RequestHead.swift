/// A request before its body, as the server's loop shows it to `Handler.receive`.
///
/// It lives on the loop's thread and only while `receive` runs, so that a gateway's read looks up the two
/// or three fields it needs in the connection's own memory instead of copying all of them. What outlives the
/// call is taken with `copied()`.
public struct RequestHead {
    public let method: Method
    /// The path as sent: starts with `/`, still percent-encoded, without the query.
    public let path: [UInt8]
    /// What stands behind the first `?`, still percent-encoded; nil where there is none.
    public let query: [UInt8]?
    public let peer: Peer
    /// Whether a body follows.
    public let hasBody: Bool
    @usableFromInline let source: any FieldSource

    public init(
        method: Method, path: [UInt8], query: [UInt8]?, peer: Peer, hasBody: Bool = false,
        source: any FieldSource
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.peer = peer
        self.hasBody = hasBody
        self.source = source
    }

    /// The value of a field, nil where it was not sent. The guard has refused duplicates of those that must
    /// be single.
    public func field(_ name: FieldName) -> String? { source.value(of: name) }

    /// What `use` makes of a field's value where it lies, for what is looked at in each request; nil where it was
    /// not sent.
    @inlinable
    public func withField<Result>(
        _ name: FieldName, _ use: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result? {
        var result: Result?
        source.withValue(of: name) { result = use($0) }
        return result
    }

    /// A value of its own, without the body.
    public func copied() -> Request {
        Request(method: method, path: path, query: query, fields: source.allFields(), body: [], peer: peer)
    }
}

/// Where a head finds its fields: the server's connection, or a plain value in tests.
public protocol FieldSource {
    func value(of name: FieldName) -> String?
    /// Calls `use` with the value's bytes, valid meanwhile; not where the field was not sent.
    func withValue(of name: FieldName, _ use: (UnsafeBufferPointer<UInt8>) -> Void)
    func allFields() -> Fields
}

/// The other end of the connection.
public struct Peer: Sendable, Equatable {
    /// The numeric address, without the port.
    public var address: String
    /// Subject names (DNS and URI alternatives, then the common name) of a client certificate that was
    /// verified.
    public var certificateNames: [String]

    public init(address: String, certificateNames: [String] = []) {
        self.address = address
        self.certificateNames = certificateNames
    }
}
