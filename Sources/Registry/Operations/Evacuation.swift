/// A zone that tenants were moved out of, and are to come back to.
public struct Evacuation: Sendable, Equatable {
    public var zone: String
    /// The operation that emptied it.
    public var operation: OperationID
    /// When the tenants come back by themselves; nil: once somebody restores the zone.
    public var expiresAt: Timestamp?
    public var createdAt: Timestamp

    public init(zone: String, operation: OperationID, expiresAt: Timestamp?, createdAt: Timestamp) {
        self.zone = zone
        self.operation = operation
        self.expiresAt = expiresAt
        self.createdAt = createdAt
    }
}
