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
