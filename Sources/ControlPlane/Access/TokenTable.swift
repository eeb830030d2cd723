import Crypto
import Registry
import Store
import Synchronization

/// Who holds which token, in memory: asked at each request, on the server's loop.
///
/// A look-up by the secret's SHA-256, which an attacker can't steer, then a comparison in constant time.
public final class TokenTable: Sendable {
    private let principals: Mutex<[[UInt8]: Principal]>

    init(_ tokens: [TokenRecord]) { principals = Mutex(Self.table(tokens)) }

    func replace(_ tokens: [TokenRecord]) {
        let table = Self.table(tokens)
        principals.withLock { $0 = table }
    }

    private static func table(_ tokens: [TokenRecord]) -> [[UInt8]: Principal] {
        Dictionary(uniqueKeysWithValues: tokens.map { ($0.hash, $0.principal) })
    }

    /// - Returns: who the token stands for; nil where it is unknown, revoked or past its expiry.
    public func principal(bearing token: String, at now: Timestamp) -> Principal? {
        let hash = Array(SHA256.hash(data: Array(token.utf8)))
        guard
            let (known, principal) = principals.withLock({ table in
                table.index(forKey: hash).map { (table[$0].key, table[$0].value) }
            }), zip(known, hash).reduce(0, { $0 | ($1.0 ^ $1.1) }) == 0
        else { return nil }
        if let expiry = principal.expiresAt, expiry <= now { return nil }
        return principal
    }
}
