import JSON

/// Why a rollout stopped, or turned back.
public struct RolloutCause: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Somebody asked for it.
        case `operator`
        /// More cells have failed than may.
        case failureBudget
        /// Of a wave no cell has succeeded.
        case waveFailed
        /// Too many cells of the whole platform are unhealthy at once.
        case brake
        /// Cells could be claimed, and nobody did.
        case stalled
        case rejected
        case approvalTimeout

        /// Going on past it means to put up with the failures that there are.
        var isOfFailures: Bool { self == .failureBudget || self == .waveFailed }
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var document: JSONValue { ["kind": .string(kind.rawValue), "message": .string(message)] }
}
