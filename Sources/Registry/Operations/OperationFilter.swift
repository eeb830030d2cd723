import JSON

/// What a list of operations is narrowed by; nil asks nothing.
public struct OperationFilter: Sendable, Equatable {
    public var kind: OperationKind?
    public var state: OperationState?
    /// The path of what they are about.
    public var resource: String?

    public init(kind: OperationKind? = nil, state: OperationState? = nil, resource: String? = nil) {
        self.kind = kind
        self.state = state
        self.resource = resource
    }
}

/// A line of an operation's log.
public struct OperationLogEntry: Sendable, Equatable {
    public var at: Timestamp
    public var isWarning: Bool
    public var message: String

    public init(at: Timestamp, isWarning: Bool, message: String) {
        self.at = at
        self.isWarning = isWarning
        self.message = message
    }

    public var document: JSONValue {
        [
            "at": .string(at.description), "level": .string(isWarning ? "warning" : "info"),
            "message": .string(message),
        ]
    }
}
