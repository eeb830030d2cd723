/// Who changes something, by which operation, and why: what the audit keeps of a request.
public struct ChangeContext: Sendable, Equatable {
    public var principal: Principal
    /// The operation id of `openapi.yaml`.
    public var operation: String
    public var reason: String
    public var requestID: String
    public var traceparent: String

    public init(
        principal: Principal, operation: String, reason: String = "", requestID: String = "",
        traceparent: String = ""
    ) {
        self.principal = principal
        self.operation = operation
        self.reason = reason
        self.requestID = requestID
        self.traceparent = traceparent
    }
}
