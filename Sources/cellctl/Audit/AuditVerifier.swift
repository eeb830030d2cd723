import Crypto
import JSON

/// A place in the audit's hash chain: `1234:9f86d0…`. Whoever keeps one can tell later whether anything up to it was
/// altered, taken out or put in.
struct AuditCheckpoint: Equatable {
    let revision: Int64
    /// 32 bytes.
    let hash: [UInt8]

    /// Before the first event.
    static let start = AuditCheckpoint(revision: 0, hash: [UInt8](repeating: 0, count: 32))

    var text: String { "\(revision):\(Self.hex(hash))" }

    init(revision: Int64, hash: [UInt8]) {
        self.revision = revision
        self.hash = hash
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let revision = Int64(parts[0]), revision >= 0,
            let hash = Self.bytes(hex: parts[1])
        else { return nil }
        self.init(revision: revision, hash: hash)
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
    }

    private static func bytes(hex: some StringProtocol) -> [UInt8]? {
        let digits = hex.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high * 16 + low))
        }
        return bytes
    }
}

/// Follows the hash chain of the audit: `hash(n) = SHA-256(hash(n-1) ‖ canonical JSON of event n)`.
///
/// It trusts nothing that the server says of an event but the event: each hash is made anew.
struct AuditVerifier {
    /// The last event that is proved to follow.
    private(set) var head: AuditCheckpoint
    private(set) var eventsCount = 0

    init(after checkpoint: AuditCheckpoint = .start) { head = checkpoint }

    /// Takes the next event.
    ///
    /// - Throws: `failed`, saying at which revision the chain breaks and what that means.
    mutating func add(_ event: JSONValue) throws(CommandFailure) {
        guard case .object(var content) = event, let revision = event["revision"]?.integer,
            let claimed = event["hash"]?.string
        else {
            throw .failed("the audit breaks after revision \(head.revision): what follows is no audit event")
        }
        for added in ["hash", "before"] { content[added] = nil }
        var digest = SHA256()
        digest.update(data: head.hash)
        digest.update(data: JSONValue.object(content).encoded(.canonical))
        let hash = Array(digest.finalize())
        guard AuditCheckpoint.hex(hash) == claimed else {
            let reason =
                revision == head.revision + 1
                ? "its content was altered, or something before it"
                : revision > head.revision
                    ? "revisions \(head.revision + 1) to \(revision - 1) are missing"
                    : "it does not come after revision \(head.revision)"
            throw .failed("the audit breaks at revision \(revision): \(reason)")
        }
        head = AuditCheckpoint(revision: revision, hash: hash)
        eventsCount += 1
    }

    /// The event of the checkpoint must be there, with the hash that was noted.
    static func check(_ event: JSONValue?, against checkpoint: AuditCheckpoint) throws(CommandFailure) {
        guard event?["revision"]?.integer == checkpoint.revision else {
            throw .failed(
                "the checkpoint's revision \(checkpoint.revision) is not there: the audit was cut, or is of another registry"
            )
        }
        guard event?["hash"]?.string == AuditCheckpoint.hex(checkpoint.hash) else {
            throw .failed(
                "the audit breaks at or before the checkpoint's revision \(checkpoint.revision): its hash is another one"
            )
        }
    }
}
