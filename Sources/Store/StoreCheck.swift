import Registry
import SQLite

/// What must be true of every registry, beyond what its constraints enforce.
public enum StoreCheck: String, Sendable, CaseIterable {
    case pagesAndIndexes
    case foreignKeys
    case cellLoads
    case reservations
    case hosts
    case auditChain
    case latestDocuments

    /// - Returns: what is wrong, a line each; empty where all is well.
    func problems(_ transaction: ReadTransaction) throws -> [String] {
        let connection = transaction.connection
        switch self {
        case .pagesAndIndexes: return try connection.integrityCheck()
        case .foreignKeys: return try connection.foreignKeyCheck()
        case .cellLoads:
            return try connection.query(Self.cellLoadsSQL) { row in
                "cell '\(row.text(0))' says load \(row.int64(1)) and \(row.int64(2)) tenants, its tenants \(row.int64(3)) and \(row.int64(4))"
            }
        case .reservations:
            return try connection.query(Self.reservationsSQL) { row in
                "cell '\(row.text(0))' says \(row.int64(1)) units reserved for \(row.int64(2)) tenants, the moves \(row.int64(3)) for \(row.int64(4))"
            }
        case .hosts:
            return try connection.query(Self.hostsSQL) {
                "host '\($0.text(0))' is not one of the tenant '\($0.text(1))'"
            }
                + connection.query(Self.hostCountSQL) {
                    "\($0.int64(0)) hosts are kept, the tenants name \($0.int64(1))"
                }
        case .auditChain: return try Self.auditChain(transaction)
        case .latestDocuments:
            return try connection.query(Self.latestSQL) {
                "\($0.text(0)) '\($0.text(1))' is not as its last audit event says"
            }
        }
    }

    private static let cellLoadsSQL = """
        SELECT c.id, c.load, c.tenants, coalesce(sum(t.load), 0), count(t.id)
        FROM cells c LEFT JOIN tenants t ON t.cell = c.id GROUP BY c.id
        HAVING c.load <> coalesce(sum(t.load), 0) OR c.tenants <> count(t.id)
        """
    private static let reservationsSQL = """
        SELECT c.id, c.reserved, c.incoming, coalesce(sum(m.load), 0), count(m.tenant)
        FROM cells c LEFT JOIN moves m ON m.target = c.id AND m.state IN ('planned', 'moving') GROUP BY c.id
        HAVING c.reserved <> coalesce(sum(m.load), 0) OR c.incoming <> count(m.tenant)
        """
    private static let hostsSQL = """
        SELECT h.host, h.tenant FROM hosts h LEFT JOIN tenants t ON t.id = h.tenant
        WHERE t.id IS NULL OR NOT EXISTS (SELECT 1 FROM json_each(t.hosts) j WHERE j.value = h.host)
        """
    private static let hostCountSQL = """
        SELECT kept, named FROM (SELECT (SELECT count(*) FROM hosts) AS kept,
            (SELECT coalesce(sum(json_array_length(hosts)), 0) FROM tenants) AS named) WHERE kept <> named
        """
    private static let latestSQL = """
        SELECT 'cell', c.id FROM cells c LEFT JOIN audit_events e ON e.revision = c.revision
        WHERE e.document IS NOT c.document
        UNION ALL
        SELECT 'tenant', t.id FROM tenants t LEFT JOIN audit_events e ON e.revision = t.revision
        WHERE e.resource IS NOT t.id OR e.document ->> '$.cell' IS NOT t.cell OR e.document ->> '$.epoch' IS NOT t.epoch
        """

    /// The first event whose hash does not follow from the one before.
    private static func auditChain(_ transaction: ReadTransaction) throws -> [String] {
        var (hash, revision) = (AuditChain.start, Revision.zero)
        while true {
            let page = try transaction.events(after: revision, limit: 1000)
            for chained in page {
                hash = AuditChain.hash(after: hash, chained.event.canonical)
                revision = chained.event.revision
                if hash != chained.hash { return ["the audit's hash chain breaks at revision \(revision)"] }
            }
            if page.count < 1000 { return [] }
        }
    }
}

extension Store {
    /// Everything that is wrong with the registry, by check. Reads it all: minutes for millions of tenants.
    public func problems() throws(RegistryError) -> [(check: StoreCheck, problems: [String])] {
        try read(timeLimit: .seconds(3600)) { transaction in
            try StoreCheck.allCases.map { ($0, try $0.problems(transaction)) }
        }
    }
}
