import Crypto

/// The SHA-256 of a token's secret, as the key of a table.
///
/// An attacker can't choose its bits, so its first word is hash enough for a table; two are compared in constant time.
struct TokenHash: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(of token: UnsafeRawBufferPointer) {
        var sha = SHA256()
        sha.update(bufferPointer: token)
        self = sha.finalize().withUnsafeBytes { TokenHash($0) }
    }

    /// - Parameter hash: 32 bytes.
    init(_ hash: UnsafeRawBufferPointer) {
        precondition(hash.count == 32, "SHA-256 has 32 bytes")
        func word(_ index: Int) -> UInt64 { hash.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) }
        words = (word(0), word(1), word(2), word(3))
    }

    static func == (a: TokenHash, b: TokenHash) -> Bool {
        (a.words.0 ^ b.words.0) | (a.words.1 ^ b.words.1) | (a.words.2 ^ b.words.2) | (a.words.3 ^ b.words.3)
            == 0
    }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
