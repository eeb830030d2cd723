import JSON
import Registry
import SQLite

/// A token as the store has it: never the secret, only its hash.
public struct TokenRecord: Sendable, Equatable {
    public var principal: Principal
    /// SHA-256 of the secret.
    public var hash: [UInt8]
    public var revision: Revision
    public var createdAt: Timestamp

    public var document: JSONValue {
        var object: JSONObject = [
            "name": .string(principal.name), "role": .string(principal.role.rawValue)
        ]
        if let cell = principal.cell { object["cell"] = .string(cell.rawValue) }
        if let expiresAt = principal.expiresAt { object["expiresAt"] = .string(expiresAt.description) }
        return .object(object)
    }
}

extension ReadTransaction {
    public func tokens() throws -> [TokenRecord] {
        try connection.query("SELECT \(Self.tokenColumns) FROM tokens ORDER BY name", row: Self.token)
    }

    public func token(_ name: String) throws -> TokenRecord? {
        try connection.first("SELECT \(Self.tokenColumns) FROM tokens WHERE name = $1", name, row: Self.token)
    }

    private static let tokenColumns = "name, hash, role, cell, created_at_ms, expires_at_ms, revision"

    private static func token(_ row: borrowing Row) throws -> TokenRecord {
        guard let role = Role(rawValue: row.text(2)) else {
            throw RegistryError(.internalError, "A kept token has no known role.")
        }
        return TokenRecord(
            principal: Principal(
                name: row.text(0), role: role, cell: row.optionalText(3).flatMap(CellID.init),
                expiresAt: row.optionalInt64(5).map(Timestamp.init(rawValue:))),
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
