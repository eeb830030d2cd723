/// A content coding that this program speaks; the raw value is its token in `Accept-Encoding` (RFC 9110 §8.4.1).
public enum ContentEncoding: String, Sendable, CaseIterable {
    /// RFC 1952.
    case gzip
    /// RFC 8878, with a window of at most 8 MB as RFC 9659 asks.
    case zstd

    /// From fast to small. Level 1 is the default everywhere: on routing tables the higher ones win little and
    /// cost many times the time.
    public var levels: ClosedRange<Int> {
        switch self {
        case .gzip: 1...9
        case .zstd: 1...19
        }
    }
}
