/// Why a backup stays.
public enum RetentionReason: Sendable, Equatable {
    case underWay
    case deleting
    case unlimited
    case unexpired(until: Timestamp)
    case held(reasons: [String])
    case read(restores: [String])
    /// The newest good one of its line.
    case lastGood
    /// One of the newest good ones of its line, of which so many are kept.
    case keptLast(count: Int)
    /// The newest doubtful one of a line that has no good one.
    case lastResort

    public var code: String {
        switch self {
        case .underWay: "underWay"
        case .deleting: "deleting"
        case .unlimited: "unlimited"
        case .unexpired: "unexpired"
        case .held: "held"
        case .read: "read"
        case .lastGood: "lastGood"
        case .keptLast: "keptLast"
        case .lastResort: "lastResort"
        }
    }

    /// A sentence that goes on from the backup's name.
    public var sentence: String {
        switch self {
        case .underWay: "is under way"
        case .deleting: "is being deleted"
        case .unlimited: "has no time to live"
        case .unexpired(let until): "expires at \(until)"
        case .held(let reasons): "is held: \(reasons.joined(separator: "; "))"
        case .read(let restores): "is read by \(restores.sorted().joined(separator: ", "))"
        case .lastGood: "is the last good backup of its line"
        case .keptLast(let count): "is one of the newest \(count) good backups of its line, which are kept"
        case .lastResort: "has errors, but its line has no good backup, and no newer one"
        }
    }

    /// Only a matter of time, which somebody who deletes a backup by hand need not wait for.
    var isExpiry: Bool {
        switch self {
        case .unlimited, .unexpired: true
        case .underWay, .deleting, .held, .read, .lastGood, .keptLast, .lastResort: false
        }
    }
}
