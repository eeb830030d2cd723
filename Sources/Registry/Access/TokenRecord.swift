import JSON

/// A token as the store has it: never the secret, only its hash.
public struct TokenRecord: Sendable, Equatable {
    public var principal: Principal
    /// SHA-256 of the secret.
    public var hash: [UInt8]
    public var revision: Revision
    public var createdAt: Timestamp

    public init(principal: Principal, hash: [UInt8], revision: Revision, createdAt: Timestamp) {
        self.principal = principal
        self.hash = hash
        self.revision = revision
        self.createdAt = createdAt
    }

    public var document: JSONValue {
        var object: JSONObject = [
            "name": .string(principal.name), "role": .string(principal.role.rawValue),
        ]
        if let cell = principal.cell { object["cell"] = .string(cell.rawValue) }
        if let expiresAt = principal.expiresAt { object["expiresAt"] = .string(expiresAt.description) }
        return .object(object)
    }
}
