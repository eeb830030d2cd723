/// The safety policies as the store has them.
public struct PolicyRecord: Sendable, Equatable {
    public var policies: SafetyPolicies
    public var revision: Revision
    public var updatedAt: Timestamp

    public init(policies: SafetyPolicies, revision: Revision, updatedAt: Timestamp) {
        self.policies = policies
        self.revision = revision
        self.updatedAt = updatedAt
    }
}
