import JSON
import Registry
import SQLite
import Testing

@testable import Store

/// What is true of the registry's rows after every commit, whatever was done.
enum Invariants {
    static func check(_ store: Store, _ comment: Comment, _ location: SourceLocation = #_sourceLocation)
        async throws
    {
        let found: [String] = try store.read { try problems(of: $0) }
        #expect(found == [], comment, sourceLocation: location)
        // What the writer keeps in memory is what the rows say.
        let (memory, rows) = try await store.write { (try $0.ledger().cells, try $0.candidates()) }
        #expect(memory == rows, comment, sourceLocation: location)
    }

    /// What is wrong, in words.
    static func problems(of transaction: ReadTransaction) throws -> [String] {
        var found: [String] = []
        try transaction.connection.forEach(sumsSQL) { row in
            let (kept, summed) = ((row.int64(1), row.int64(2)), (row.int64(4), row.int64(5)))
            if kept != summed { found.append("\(row.text(0)) keeps \(kept), its tenants make \(summed)") }
            if row.optionalText(3) != row.optionalText(6) {
                found.append("\(row.text(0)) is not dedicated right")
            }
        }
        var hosts: [String: String] = [:]
        var avoidances: Set<String> = []
        try transaction.forEachTenant(TenantFilter()) { record in
            for host in record.tenant.hosts { hosts[host] = record.tenant.id.rawValue }
            for other in record.tenant.placement.avoidTenants {
                avoidances.insert("\(other) \(record.tenant.id)")
            }
            let event = try transaction.event(at: record.revision)?.event
            if event?.document != record.tenant.document.encodedString(.canonical) {
                found.append("\(record.tenant.id) is not what its event says")
            }
        }
        let rows = try transaction.connection.query("SELECT host, tenant FROM hosts") {
            ($0.text(0), $0.text(1))
        }
        if Dictionary(uniqueKeysWithValues: rows) != hosts {
            found.append("the hosts' rows are not the tenants' hosts")
        }
        let pairs = try transaction.connection.query("SELECT avoided, tenant FROM avoidances") {
            "\($0.text(0)) \($0.text(1))"
        }
        if Set(pairs) != avoidances { found.append("the avoidances' rows are not the tenants'") }
        return found
    }

    private static let sumsSQL = """
        SELECT c.id, c.load, c.tenants, c.dedicated_to, coalesce(sum(t.load), 0), count(t.id),
               max(CASE WHEN t.placement ->> '$.dedicated' THEN t.id END)
        FROM cells c LEFT JOIN tenants t ON t.cell = c.id GROUP BY c.id
        """
}
