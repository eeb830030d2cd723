import JSON
import Registry
import SQLite

extension ReadTransaction {
    public func tokens() throws -> [TokenRecord] {
        try connection.query("SELECT \(Self.tokenColumns) FROM tokens ORDER BY name", row: Self.token)
    }

    public func token(_ name: String) throws -> TokenRecord? {
        try connection.first("SELECT \(Self.tokenColumns) FROM tokens WHERE name = $1", name, row: Self.token)
    }

    /// Whether whoever was let in may still write: their token is neither revoked nor past its expiry.
    ///
    /// A request was asked for its token when its head came. Its write may run a while later, an import's for
    /// half an hour; asked once more in the transaction, no write has a later revision than the revocation.
    public func admits(_ principal: Principal, at now: Timestamp) throws -> Bool {
        guard let token = principal.token else { return true }
        guard let kept = try self.token(principal.name), kept.revision == token else { return false }
        return kept.principal.expiresAt.map { $0 > now } ?? true
    }

    private static let tokenColumns = "name, hash, role, cell, created_at_ms, expires_at_ms, revision"

    private static func token(_ row: borrowing Row) throws -> TokenRecord {
        guard let role = Role(rawValue: row.text(2)) else {
            throw RegistryError(.internalError, "A kept token has no known role.")
        }
        return TokenRecord(
            principal: Principal(
                name: row.text(0), role: role, cell: row.optionalText(3).flatMap(CellID.init),
                expiresAt: row.optionalInt64(5).map(Timestamp.init(rawValue:)),
                token: Revision(rawValue: row.int64(6))),
            hash: row.bytes(1), revision: Revision(rawValue: row.int64(6)),
            createdAt: Timestamp(rawValue: row.int64(4)))
    }
}

extension WriteTransaction {
    public func insert(_ principal: Principal, hash: [UInt8]) throws -> TokenRecord {
        var token = TokenRecord(principal: principal, hash: hash, revision: .zero, createdAt: now)
        let previous = try lastRevision(of: .token, principal.name)
        token.revision = try record(
            .token, principal.name, document: token.document, previous: previous, routing: false)
        token.principal.token = token.revision
        try connection.run(
            Self.insertTokenSQL, principal.name, hash, principal.role.rawValue, principal.cell?.rawValue,
            now.rawValue, principal.expiresAt?.rawValue, token.revision.rawValue)
        return token
    }

    private static let insertTokenSQL = """
        INSERT INTO tokens (name, hash, role, cell, created_at_ms, expires_at_ms, revision)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """

    public func delete(_ token: TokenRecord) throws {
        _ = try record(.token, token.principal.name, document: nil, previous: token.revision, routing: false)
        try connection.run("DELETE FROM tokens WHERE name = $1", token.principal.name)
    }
}
