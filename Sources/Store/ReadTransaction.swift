import Registry
import SQLite

/// The registry at one instant: every question asked of one of these sees the same revision.
///
/// Lives on one thread, inside `Store.read` or `Store.write`, and must not be kept.
public class ReadTransaction {
    let connection: Connection

    init(_ connection: Connection) { self.connection = connection }

    /// Brings the rows up to what the transaction itself has done; a read has done nothing.
    func settle() throws {}

    /// What the registry knows of the rollout's cells.
    public func facts(of run: RolloutRun) throws -> RolloutFacts { try RolloutFacts(of: run, in: self) }

    /// The last revision that was committed; in a write, the last that this transaction has made.
    public func revision() throws -> Revision {
        try connection.first(Self.revisionSQL) { Revision(rawValue: $0.int64(0)) } ?? .zero
    }

    private static let revisionSQL = "SELECT revision FROM audit_events ORDER BY revision DESC LIMIT 1"

    public func incarnation() throws -> Incarnation {
        guard
            let incarnation = try connection.first(Self.incarnationSQL, row: { Incarnation($0.text(0)) })
                ?? nil
        else { throw RegistryError(.internalError, "The database has no lineage.") }
        return incarnation
    }

    private static let incarnationSQL = "SELECT incarnation FROM lineage"
}
