import JSON
import Registry
import SQLite

extension ReadTransaction {
    public func gateways() throws -> [GatewayRecord] {
        try connection.query("SELECT \(Self.gatewayColumns) FROM gateways ORDER BY id", row: Self.gateway)
    }

    public func gateway(_ id: String) throws -> GatewayRecord? {
        try connection.first(
            "SELECT \(Self.gatewayColumns) FROM gateways WHERE id = $1", id, row: Self.gateway)
    }

    private static let gatewayColumns =
        "id, registered_at_ms, contact_at_ms, applied_incarnation, applied_revision, digest, error"

    private static func gateway(_ row: borrowing Row) -> GatewayRecord {
        var applied: RevisionTag?
        if let incarnation = row.optionalText(3).flatMap(Incarnation.init), let number = row.optionalInt64(4)
        {
            applied = RevisionTag(incarnation, Revision(rawValue: number))
        }
        return GatewayRecord(
            id: row.text(0), registeredAt: Timestamp(rawValue: row.int64(1)),
            contactAt: Timestamp(rawValue: row.int64(2)), applied: applied, digest: row.text(5),
            error: row.text(6))
    }
}

extension WriteTransaction {
    /// Writes what is known of a gateway. No audit event: a heartbeat is an observation, not a change.
    public func save(_ gateway: GatewayRecord) throws {
        try connection.run(
            Self.saveGatewaySQL, gateway.id, gateway.registeredAt.rawValue, gateway.contactAt.rawValue,
            gateway.applied?.incarnation.rawValue, gateway.applied?.revision.rawValue, gateway.digest,
            gateway.error)
    }

    private static let saveGatewaySQL = """
        INSERT INTO gateways (id, registered_at_ms, contact_at_ms, applied_incarnation, applied_revision, digest, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE SET
            contact_at_ms = excluded.contact_at_ms, applied_incarnation = excluded.applied_incarnation,
            applied_revision = excluded.applied_revision, digest = excluded.digest, error = excluded.error
        """

    /// Deregisters a gateway, which is a change: a cutover no longer waits for it.
    public func deleteGateway(_ id: String) throws {
        let previous = try lastRevision(of: .gateway, id)
        _ = try record(.gateway, id, document: nil, previous: previous, routing: false)
        try connection.run("DELETE FROM gateways WHERE id = $1", id)
    }
}
