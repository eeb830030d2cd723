import Crypto

/// The hash chain over the audit: `hash(n) = SHA-256(hash(n-1) ‖ canonical JSON of event n)`.
///
/// Whoever holds one earlier hash can tell whether anything up to it was altered, taken out or put in.
public enum AuditChain {
    /// What stands before the first event: 32 zero bytes.
    public static let start = [UInt8](repeating: 0, count: 32)

    public static func hash(after previous: [UInt8], _ canonical: [UInt8]) -> [UInt8] {
        var digest = SHA256()
        digest.update(data: previous)
        digest.update(data: canonical)
        return Array(digest.finalize())
    }
}
