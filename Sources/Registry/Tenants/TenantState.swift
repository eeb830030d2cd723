/// What gateways do with a tenant's requests.
public enum TenantState: String, Sendable, CaseIterable {
    /// Forwarded to its cell.
    case serving
    /// A move is announced: forwarded as before, and refused by a gateway whose lease has run out.
    case migrating
    /// Writes are held or answered 503 with `Retry-After`, reads go on.
    case frozen
    /// Every request is answered 503: an operator has switched the tenant off.
    case suspended
}

extension TenantState {
    /// A move holds the tenant: its cell may be another one at any moment.
    public var isMoving: Bool {
        switch self {
        case .migrating, .frozen: true
        case .serving, .suspended: false
        }
    }
}

/// What is done to a tenant's state by operators.
public enum TenantEvent: String, Sendable, CaseIterable {
    case suspend
    case resume
    case delete
}

extension TenantState {
    /// The state after the event, the same again where it is already so; nil after `delete`.
    ///
    /// - Throws: `stateConflict` while a migration holds the tenant: its end decides the state.
    public func after(_ event: TenantEvent) throws(RegistryError) -> TenantState? {
        switch (self, event) {
        case (.serving, .suspend), (.suspended, .suspend): return .suspended
        case (.serving, .resume), (.suspended, .resume): return .serving
        case (.serving, .delete), (.suspended, .delete): return nil
        case (.migrating, .suspend), (.migrating, .resume), (.migrating, .delete),
            (.frozen, .suspend), (.frozen, .resume), (.frozen, .delete):
            throw RegistryError(
                .stateConflict,
                "The tenant is \(rawValue): a migration moves it, and '\(event.rawValue)' must wait.",
                nextSteps: ["wait for its migration, or cancel it"])
        }
    }
}
