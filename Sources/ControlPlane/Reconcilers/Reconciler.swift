import Registry

/// A loop that compares what should be with what is, and takes one bounded, idempotent step.
///
/// It takes no input, never sleeps and never retries: the next activation is the retry.
public protocol Reconciler: Sendable {
    var name: String { get }
    var period: Duration { get }
    /// Wakes it before its period is over; nil for one that only time moves.
    var wakeUp: WakeUp? { get }
    /// - Returns: one line for people: what was found and done.
    func step() async throws -> String
}

extension Reconciler {
    public var wakeUp: WakeUp? { nil }
}

/// How a reconciler's last step went.
public struct ReconcilerReport: Sendable, Equatable {
    public var name: String
    public var startedAt: Timestamp?
    public var endedAt: Timestamp?
    public var report: String
    public var failed: Bool
}
