import Registry
import Store
import Synchronization

/// Who holds which token, in memory: asked at each request, on the server's loop.
public final class TokenTable: Sendable {
    private let principals: Mutex<[TokenHash: Principal]>

    init(_ tokens: [TokenRecord]) { principals = Mutex(Self.table(tokens)) }

    func replace(_ tokens: [TokenRecord]) {
        let table = Self.table(tokens)
        principals.withLock { $0 = table }
    }

    private static func table(_ tokens: [TokenRecord]) -> [TokenHash: Principal] {
        Dictionary(
            uniqueKeysWithValues: tokens.map { ($0.hash.withUnsafeBytes { TokenHash($0) }, $0.principal) })
    }

    /// - Returns: who the token stands for; nil where it is unknown, revoked or past its expiry.
    public func principal(bearing token: String, at now: Timestamp) -> Principal? {
        var token = token
        return token.withUTF8 { principal(bearing: UnsafeRawBufferPointer($0), at: now) }
    }

    /// As above, of a token that lies somewhere; nothing is allocated.
    public func principal(bearing token: UnsafeRawBufferPointer, at now: Timestamp) -> Principal? {
        let hash = TokenHash(of: token)
        guard let principal = principals.withLock({ $0[hash] }) else { return nil }
        if let expiry = principal.expiresAt, expiry <= now { return nil }
        return principal
    }
}
