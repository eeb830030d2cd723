import Crypto

/// Keeps an answer for its repetition so that only whoever was given it can read it.
///
/// The answer to a new token shows the secret, of which the database may hold no more than the hash. The key
/// is made of the caller's own token, which the registry doesn't have either.
public struct AnswerSeal: Sendable {
    private let key: SymmetricKey

    public init(token: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Array(token.utf8)), info: Array("kept answer".utf8),
            outputByteCount: 32)
    }

    func seal(_ bytes: [UInt8]) throws -> [UInt8] {
        Array(try ChaChaPoly.seal(bytes, using: key).combined)
    }

    /// Nil where another token sealed it.
    func open(_ sealed: [UInt8]) -> [UInt8]? {
        guard let box = try? ChaChaPoly.SealedBox(combined: sealed) else { return nil }
        return (try? ChaChaPoly.open(box, using: key)).map { Array($0) }
    }
}
