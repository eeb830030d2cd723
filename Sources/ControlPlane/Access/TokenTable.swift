import Registry
import Store
import Synchronization

/// Who holds which token, in memory: asked at each request, on the server's loop.
public final class TokenTable: Sendable {
    private struct Tokens {
        var principals: [TokenHash: Principal]
        /// Those that were seen lately, by a cheaper hash.
        var seen: [TokenTag: Principal] = [:]
    }

    /// Every gateway and some operators; past it the memory starts anew.
    private static let seenMax = 4_096

    private let tokens: Mutex<Tokens>
    private let key = TokenTag.Key()

    init(_ tokens: [TokenRecord]) { self.tokens = Mutex(Tokens(principals: Self.table(tokens))) }

    func replace(_ tokens: [TokenRecord]) {
        let table = Self.table(tokens)
        self.tokens.withLock { $0 = Tokens(principals: table) }
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
        let tag = TokenTag(of: token, key)
        let seen = tokens.withLock { $0.seen[tag] }
        let principal = seen ?? remember(TokenHash(of: token), as: tag)
        guard let principal else { return nil }
        if let expiry = principal.expiresAt, expiry <= now { return nil }
        return principal
    }

    private func remember(_ hash: TokenHash, as tag: TokenTag) -> Principal? {
        tokens.withLock { tokens in
            guard let found = tokens.principals[hash] else { return nil }
            if tokens.seen.count >= Self.seenMax { tokens.seen.removeAll(keepingCapacity: true) }
            tokens.seen[tag] = found
            return found
        }
    }
}
