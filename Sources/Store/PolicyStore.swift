import JSON
import Registry
import SQLite

extension ReadTransaction {
    /// The safety policies in force; nil before anybody has set any.
    public func policies() throws -> PolicyRecord? {
        try connection.first("SELECT document, revision, updated_at_ms FROM policies") { row in
            PolicyRecord(
                policies: try SafetyPolicies(document: JSONValue(parsing: Array(row.text(0).utf8))),
                revision: Revision(rawValue: row.int64(1)), updatedAt: Timestamp(rawValue: row.int64(2)))
        }
    }

    /// Zones that are evacuated, by name.
    public func evacuations() throws -> [Evacuation] {
        try connection.query(
            "SELECT zone, operation, expires_at_ms, created_at_ms FROM evacuations ORDER BY zone"
        ) {
            row in
            guard let operation = OperationID(row.text(1)) else {
                throw RegistryError(.internalError, "A kept evacuation has no known operation.")
            }
            return Evacuation(
                zone: row.text(0), operation: operation,
                expiresAt: row.optionalInt64(2).map(Timestamp.init(rawValue:)),
                createdAt: Timestamp(rawValue: row.int64(3)))
        }
    }
}

extension WriteTransaction {
    public func save(_ policies: SafetyPolicies, replacing old: PolicyRecord?) throws -> PolicyRecord {
        let revision = try record(
            .policies, "policies", document: policies.document, previous: old?.revision ?? .zero,
            routing: false)
        try connection.run(
            Self.savePoliciesSQL, policies.document.encodedString(.canonical), revision.rawValue, now.rawValue
        )
        return PolicyRecord(policies: policies, revision: revision, updatedAt: now)
    }

    private static let savePoliciesSQL = """
        INSERT INTO policies (id, document, revision, updated_at_ms) VALUES (1, $1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET
            document = excluded.document, revision = excluded.revision, updated_at_ms = excluded.updated_at_ms
        """

    public func save(_ evacuation: Evacuation) throws {
        try connection.run(
            Self.saveEvacuationSQL, evacuation.zone, evacuation.operation.rawValue,
            evacuation.expiresAt?.rawValue, evacuation.createdAt.rawValue)
    }

    private static let saveEvacuationSQL = """
        INSERT INTO evacuations (zone, operation, expires_at_ms, created_at_ms) VALUES ($1, $2, $3, $4)
        ON CONFLICT (zone) DO UPDATE SET
            operation = excluded.operation, expires_at_ms = excluded.expires_at_ms
        """

    public func deleteEvacuation(of zone: String) throws {
        try connection.run("DELETE FROM evacuations WHERE zone = $1", zone)
    }
}
