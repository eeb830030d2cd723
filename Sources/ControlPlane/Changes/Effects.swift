import Crypto
import JSON
import Registry
import Store

/// What a write does, resource by resource: what a dry run shows, and what its plan token stands for.
///
/// The token is a digest of the effects: of which resources, at which revisions before, become what. A write that
/// is sent with it runs in full, and is undone unless its own effects have the same digest. So whatever the plan
/// depended on (another tenant on the cell, a host taken, a cell filled up) is noticed by its consequence, and
/// nothing has to be remembered for a plan.
struct Effects {
    private let events: [AuditEvent]
    private let transaction: WriteTransaction

    init(of transaction: WriteTransaction) {
        events = transaction.events
        self.transaction = transaction
    }

    /// 22 characters of base64url: the first 128 bits of the digest.
    var plan: String {
        let parts = events.map { event -> JSONValue in
            // Times of tokens, backups and restores move with the clock; that they are as they were before, or new, is
            // all that a plan can promise of them. A new operation's or rollout's name is random, a backup's may be made
            // of the time; its plan is what counts.
            let movesWithTheClock = [.token, .backup, .restore].contains(event.kind)
            let document = movesWithTheClock ? nil : event.document
            let isNamedByChance = [.operation, .rollout, .backup, .restore].contains(event.kind)
            let name = isNamedByChance && event.previous == .zero ? "" : event.id
            return [
                .string(event.kind.rawValue), .string(name), .integer(event.previous.rawValue),
                .string(event.operation),
                document.map { .string(name.isEmpty ? $0.replacing(event.id, with: "") : $0) } ?? .null,
            ]
        }
        let digest = SHA256.hash(data: JSONValue.array(parts).encoded(.canonical))
        return Base64URL.encode(digest.prefix(16))
    }

    func shown() throws -> JSONValue {
        .array(
            try events.map { event in
                let before = try transaction.event(at: event.previous)?.event.document
                let action = event.document == nil ? "delete" : before == nil ? "create" : "update"
                return [
                    "kind": .string(event.kind.rawValue), "id": .string(event.id), "action": .string(action),
                    "before": try Self.parse(before), "after": try Self.parse(event.document),
                ]
            })
    }

    private static func parse(_ document: String?) throws -> JSONValue {
        try document.map { try JSONValue(parsing: Array($0.utf8)) } ?? .null
    }
}

/// RFC 4648 §5, without padding.
enum Base64URL {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
