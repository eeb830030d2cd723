/// An event with its place in the hash chain.
public struct ChainedEvent: Sendable, Equatable {
    public var event: AuditEvent
    /// 32 bytes.
    public var hash: [UInt8]
    /// True where gateways saw the change.
    public var routing: Bool

    public init(event: AuditEvent, hash: [UInt8], routing: Bool) {
        self.event = event
        self.hash = hash
        self.routing = routing
    }
}
