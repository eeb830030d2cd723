import Registry

/// Which roles a route takes. Roles are no ladder: each set is written out.
public enum Access: String, Sendable, CaseIterable {
    /// Nobody is asked who they are.
    case open
    /// What gateways live by.
    case routing
    /// A gateway's lease: it is what a cutover waits for, so that who only reads must not touch it.
    case leasing
    /// The ownership feed, which a cell reads of itself too.
    case ownership
    /// What a cell says of itself: that it enforces its ownership feed.
    case sealing
    /// Everything but tokens.
    case reading
    /// Changes of cells, tenants and their placement.
    case changing
    /// Releases and rollouts, and the work on their cells.
    case releasing
    /// Backups, their schedules and restores, and the work on them.
    case backingUp
    /// Tokens.
    case administering

    public func admits(_ role: Role) -> Bool {
        switch (self, role) {
        case (.open, _), (_, .admin): true
        case (.routing, .gateway), (.routing, .viewer), (.routing, .releaser), (.routing, .backup),
            (.routing, .operator):
            true
        case (.routing, .cell): false
        case (.leasing, .gateway), (.leasing, .operator): true
        case (.leasing, .viewer), (.leasing, .cell), (.leasing, .releaser), (.leasing, .backup): false
        case (.ownership, _): true
        case (.sealing, .cell), (.sealing, .operator): true
        case (.sealing, .gateway), (.sealing, .viewer), (.sealing, .releaser), (.sealing, .backup): false
        case (.reading, .viewer), (.reading, .releaser), (.reading, .backup), (.reading, .operator): true
        case (.reading, .gateway), (.reading, .cell): false
        case (.changing, .operator): true
        case (.changing, .gateway), (.changing, .viewer), (.changing, .cell), (.changing, .releaser),
            (.changing, .backup):
            false
        case (.releasing, .releaser), (.releasing, .operator): true
        case (.releasing, .gateway), (.releasing, .viewer), (.releasing, .cell), (.releasing, .backup): false
        case (.backingUp, .backup), (.backingUp, .operator): true
        case (.backingUp, .gateway), (.backingUp, .viewer), (.backingUp, .cell), (.backingUp, .releaser):
            false
        case (.administering, .gateway), (.administering, .viewer), (.administering, .cell),
            (.administering, .releaser), (.administering, .backup), (.administering, .operator):
            false
        }
    }
}
