import Bytes
import Registry

/// What there is to tell someone who knows the table of an earlier revision.
public enum DeltaResult: Sendable {
    /// Nothing yet: hold the poll, or end it with `emptyDelta(from:)`.
    case unchanged
    /// A merge patch (RFC 7396), with `from` and `revision` beside it.
    case delta(SharedBytes)
    /// The revision is too old, or of another incarnation: only the full table helps. Deltas reach back to `oldest`.
    case gone(oldest: Revision)
    /// A revision that this snapshot has not reached: to be answered as `gone`, for where it came from is unknown.
    case ahead
}
