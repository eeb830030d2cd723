/// 128 bits of keyed hash of a token, by which one that was seen before is known again at a tenth of the cost of its
/// SHA-256.
///
/// Two SipHashes of Swift's `Hasher`, each of a random key of 128 bits before the token. Nobody outside the process
/// knows the keys, and nobody is told a tag: to be taken for another token, one has to guess 128 bits. The token
/// itself is not kept.
struct TokenTag: Hashable, Sendable {
    /// Made anew by each table; `Hasher`'s own seed can be fixed by the environment.
    struct Key: Sendable {
        fileprivate let first = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        fileprivate let second = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    }

    private let first: UInt64
    private let second: UInt64

    init(of token: UnsafeRawBufferPointer, _ key: Key) {
        first = Self.hash(token, key.first)
        second = Self.hash(token, key.second)
    }

    private static func hash(_ token: UnsafeRawBufferPointer, _ key: (UInt64, UInt64)) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(key.0)
        hasher.combine(key.1)
        hasher.combine(bytes: token)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The tag is hash enough for a table.
    func hash(into hasher: inout Hasher) { hasher.combine(first) }
}
