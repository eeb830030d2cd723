/// Where a batch of moving tenants stands. DESIGN's protocol: no tenant is ever served by two cells.
public enum BatchState: String, Sendable, CaseIterable {
    /// Room on the targets is reserved; nothing else has happened.
    case planned
    /// The mover makes ready.
    case preparing
    /// The mover copies while the source serves.
    case copying
    /// Revision A is published: the tenants are `migrating`, and still served by the source.
    case announced
    /// Revision F is published: the tenants are `frozen`, until the barrier holds or the freeze's deadline passes.
    case freezing
    /// The barrier holds, nobody writes: the last of the data is copied, and then the placement changes.
    case cutover
    /// Revision C is published: the targets serve. Every live gateway has still to say that it knows.
    case confirming
    /// Done as far as gateways go; the mover keeps what a way back would need.
    case reversible
    case done
    /// The tenants are whole on the source; the mover takes back what it copied.
    case aborting
    case aborted
    /// A reversal moves the tenants back.
    case reversing
    case reversed

    /// Nothing will happen to it any more.
    public var isEnded: Bool {
        switch self {
        case .done, .aborted, .reversed: true
        case .planned, .preparing, .copying, .announced, .freezing, .cutover, .confirming, .reversible,
            .aborting,
            .reversing:
            false
        }
    }

    /// Its operation need not wait for it any more: the tenants are whole on one cell, and every gateway knows which.
    public var isSettled: Bool {
        switch self {
        case .reversible, .done, .aborted, .reversing, .reversed: true
        case .planned, .preparing, .copying, .announced, .freezing, .cutover, .confirming, .aborting: false
        }
    }

    /// It takes one of the places that `maxParallel` gives.
    public var isInFlight: Bool { self != .planned && !isSettled }
}

/// What happens to a batch.
public enum BatchEvent: String, Sendable, CaseIterable {
    case begin
    case prepared
    case copied
    case freeze
    case barrierHeld
    /// The freeze's deadline has passed: the tenants unfreeze, and another attempt may follow.
    case freezeExpired
    case cutOver
    case confirmed
    /// The window for a way back is over, and the mover has cleaned up.
    case windowEnded
    case abort
    /// The mover has taken back what it copied.
    case undone
    case reverse
    case reversalDone
    case reversalFailed
}

extension BatchState {
    /// - Throws: `stateConflict` for what can't happen in this state.
    public func after(_ event: BatchEvent) throws(RegistryError) -> BatchState {
        switch (self, event) {
        case (.planned, .begin): return .preparing
        case (.preparing, .prepared): return .copying
        case (.copying, .copied): return .announced
        case (.announced, .freeze): return .freezing
        case (.freezing, .barrierHeld): return .cutover
        case (.freezing, .freezeExpired), (.cutover, .freezeExpired): return .announced
        case (.cutover, .cutOver): return .confirming
        case (.confirming, .confirmed): return .reversible
        case (.reversible, .windowEnded): return .done

        case (.planned, .abort), (.preparing, .abort), (.copying, .abort), (.announced, .abort),
            (.freezing, .abort), (.cutover, .abort):
            return .aborting
        case (.aborting, .undone): return .aborted

        case (.reversible, .reverse): return .reversing
        case (.reversing, .reversalDone): return .reversed
        case (.reversing, .reversalFailed): return .reversible

        case (.planned, _), (.preparing, _), (.copying, _), (.announced, _), (.freezing, _), (.cutover, _),
            (.confirming, _), (.reversible, _), (.done, _), (.aborting, _), (.aborted, _), (.reversing, _),
            (.reversed, _):
            throw RegistryError(
                .stateConflict, "The batch is \(rawValue) and can't take '\(event.rawValue)'.")
        }
    }
}
