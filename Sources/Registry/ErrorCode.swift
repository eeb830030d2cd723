/// The closed list of what can go wrong, as clients see it in `code`. Part of the API's contract: a code is never
/// renamed, and a new one is a new case that every switch must decide.
public enum ErrorCode: String, Sendable, CaseIterable {
    // The request itself
    case malformedRequest
    case malformedJSON
    case invalidArgument
    case unauthenticated
    case permissionDenied
    case notFound
    case methodNotAllowed
    case notAcceptable
    case requestTimeout
    case lengthRequired
    case contentTooLarge
    case uriTooLong
    case unsupportedMediaType
    case expectationFailed
    case headerFieldsTooLarge
    case notImplemented
    case versionNotSupported

    // The registry's state
    /// The state machine does not allow the action from here.
    case stateConflict
    /// Something else depends on it: tenants on a cell, for one.
    case inUse
    /// Another tenant has this host.
    case hostTaken
    /// The cell that was named, or every cell, refuses the tenant.
    case notPlaceable
    /// A tenant's cell is changed by a move, never by a write of the tenant.
    case moveRequired
    /// Later changes stand on the one that was to be reverted.
    case revertConflict
    case alreadyExists
    /// The operation has ended already.
    case operationDone
    /// A safety rule speaks against it.
    case policyViolation
    /// Tenants that would have to move fit on no other cell.
    case insufficientCapacity
    /// The revision is too old, or of another incarnation: start from the full table.
    case revisionGone
    case preconditionFailed
    /// What the plan was made of has changed since.
    case planChanged
    /// A request with this idempotency key still runs.
    case idempotencyKeyInUse
    /// This idempotency key was used with another request.
    case idempotencyKeyReused

    // The server's state
    case tooManyRequests
    case overloaded
    case stopping
    /// The disk is full: reads go on, writes resume when there is room.
    case diskFull
    /// The disk failed while the write was made durable: it may or may not have happened.
    case outcomeUnknown
    case internalError
}
