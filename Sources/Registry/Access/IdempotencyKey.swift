/// A request's idempotency key, and what tells that request from another one.
public struct IdempotencyKey: Sendable, Hashable {
    /// Keys of different principals never meet.
    public var principal: String
    public var key: String
    /// SHA-256 of method, path, query and body.
    public var fingerprint: [UInt8]

    public init(principal: String, key: String, fingerprint: [UInt8]) {
        self.principal = principal
        self.key = key
        self.fingerprint = fingerprint
    }
}
