/// A gateway as the store has it. Contact and applied revision are written behind, a few seconds late.
public struct GatewayRecord: Sendable, Equatable {
    public var id: String
    public var registeredAt: Timestamp
    public var contactAt: Timestamp
    /// The last table it has said it applied.
    public var applied: RevisionTag?
    /// What it says its table's digest is; empty where it says none.
    public var digest: String
    /// What it says is wrong with what it was sent; empty where nothing is.
    public var error: String

    public init(
        id: String, registeredAt: Timestamp, contactAt: Timestamp, applied: RevisionTag? = nil,
        digest: String = "",
        error: String = ""
    ) {
        self.id = id
        self.registeredAt = registeredAt
        self.contactAt = contactAt
        self.applied = applied
        self.digest = digest
        self.error = error
    }
}
