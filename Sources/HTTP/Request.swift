/// A whole request as a plain value.
public struct Request: Sendable {
    public var method: Method
    /// The path as sent, percent-encoded.
    public var path: [UInt8]
    /// The query as sent, percent-encoded, without `?`.
    public var query: [UInt8]?
    public var fields: Fields
    public var body: [UInt8]
    public var peer: Peer

    public init(
        method: Method, path: [UInt8], query: [UInt8]? = nil, fields: Fields = [:], body: [UInt8] = [],
        peer: Peer = Peer(address: "127.0.0.1")
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
        self.peer = peer
    }

    /// The same request seen as a head, for in-process tests that need no socket.
    public var head: RequestHead {
        RequestHead(
            method: method, path: path, query: query, peer: peer, hasBody: !body.isEmpty, source: fields)
    }
}

extension Fields: FieldSource {
    public func value(of name: FieldName) -> String? { self[name] }
    public func withValue(of name: FieldName, _ use: (UnsafeBufferPointer<UInt8>) -> Void) {
        guard var value = self[name] else { return }
        value.withUTF8(use)
    }

    public func allFields() -> Fields { self }
}
