import JSON
import Registry
import SQLite

// What makes a database that was restored from a backup another one than it was when the backup was made.
extension WriteTransaction {
    /// From here on it is another incarnation: no tag, no table and no acknowledgement from before is taken for one of it.
    ///
    /// - Parameter document: what was restored, for the audit.
    public func beginLineage(_ incarnation: Incarnation, document: JSONValue) throws {
        let previous = try lastRevision(of: .registry, Self.registry)
        _ = try record(.registry, Self.registry, document: document, previous: previous, routing: false)
        try connection.run(
            "UPDATE lineage SET incarnation = $1, created_at_ms = $2", incarnation.rawValue, now.rawValue)
    }

    /// The audit's name of the whole.
    private static let registry = "registry"

    /// Leaves out every fencing token that may have been given out after the backup: the holder of one must not be taken
    /// for the holder of a later claim, and what has seen one must not refuse the next.
    public func skipFencingTokens() throws {
        try connection.run("UPDATE fencing SET last = last + $1", Limits.fencingTokensSkipped)
    }

    /// Puts one on the list of gateways that stands for those that came after the backup: nobody knows of them, so a
    /// cutover must wait as for a gateway that is silent, until they can't hold a table any more or are said to be gone.
    public func insertUnknownGateways(of incarnation: Incarnation) throws -> String {
        let id = "unknown-before-\(incarnation)"
        try save(
            GatewayRecord(
                id: id, registeredAt: now, contactAt: now, applied: nil, digest: "",
                error:
                    "stands for gateways that registered after the backup that this registry was restored from"
            ))
        return id
    }
}
