/// What a token may do. Each route of the API states the roles it takes.
public enum Role: String, Sendable, CaseIterable {
    /// Reads routing, keeps its own lease.
    case gateway
    /// Reads everything but tokens.
    case viewer
    /// Reports on, and follows the ownership of, one cell.
    case cell
    /// Runs rollouts.
    case releaser
    /// Records backups and restores.
    case backup
    /// Changes cells, tenants and their placement.
    case `operator`
    /// Everything, tokens too.
    case admin
}

/// Who asks.
public struct Principal: Sendable, Equatable {
    /// The token's name; `anonymous` without one.
    public var name: String
    public var role: Role
    /// The one cell that a `cell` token speaks for.
    public var cell: CellID?
    public var expiresAt: Timestamp?
    /// The revision that made the token, and tells it from another of the same name; nil for who has none.
    public var token: Revision?

    public init(
        name: String, role: Role, cell: CellID? = nil, expiresAt: Timestamp? = nil, token: Revision? = nil
    ) {
        self.name = name
        self.role = role
        self.cell = cell
        self.expiresAt = expiresAt
        self.token = token
    }

    /// The control plane itself, for what reconcilers and offline commands change.
    public static let system = Principal(name: "system", role: .admin)
}
