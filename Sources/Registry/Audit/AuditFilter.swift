/// What a list of audit events is narrowed by; nil asks nothing.
public struct AuditFilter: Sendable, Equatable {
    public var kind: ResourceKind?
    public var id: String?
    public var actor: String?
    public var operation: String?

    public init(kind: ResourceKind? = nil, id: String? = nil, actor: String? = nil, operation: String? = nil)
    {
        self.kind = kind
        self.id = id
        self.actor = actor
        self.operation = operation
    }
}
