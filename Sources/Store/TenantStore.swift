import JSON
import Registry
import SQLite

enum TenantStore {
    static let columns = """
        id, cell, epoch, state, load, pinned, hosts, placement, labels, revision, created_at_ms, updated_at_ms
        """

    static func record(_ row: borrowing Row) throws -> TenantRecord {
        var document: JSONObject = [
            "id": .string(row.text(0)), "cell": .string(row.text(1)), "epoch": .integer(row.int64(2)),
            "state": .string(row.text(3)), "load": .integer(row.int64(4)), "pinned": .bool(row.bool(5)),
            "hosts": try JSONValue(parsing: Array(row.text(6).utf8)),
        ]
        if let placement = row.optionalText(7) {
            document["placement"] = try JSONValue(parsing: Array(placement.utf8))
        }
        if let labels = row.optionalText(8) {
            document["labels"] = try JSONValue(parsing: Array(labels.utf8))
        }
        let tenant = try Tenant(stored: .object(document))
        return TenantRecord(
            tenant: tenant, revision: Revision(rawValue: row.int64(9)),
            createdAt: Timestamp(rawValue: row.int64(10)),
            updatedAt: Timestamp(rawValue: row.int64(11)))
    }
}

extension ReadTransaction {
    public func tenant(_ id: TenantID) throws -> TenantRecord? {
        try connection.first(Self.tenantSQL, id.rawValue, row: TenantStore.record)
    }

    private static let tenantSQL = "SELECT \(TenantStore.columns) FROM tenants WHERE id = $1"

    /// The tenants behind `page.after` in the order of their names' bytes, at most `page.limit`.
    public func tenants(_ filter: TenantFilter = TenantFilter(), page: Page) throws -> [TenantRecord] {
        var found: [TenantRecord] = []
        var after = page.after ?? ""
        while found.count < page.limit {
            let chunk = try connection.query(
                filter.cell == nil ? Self.tenantsSQL : Self.tenantsOfCellSQL, after, filter.cell?.rawValue,
                filter.state?.rawValue, filter.pinned.map { $0 ? 1 : 0 }, page.limit, row: TenantStore.record)
            found += chunk.filter { record in
                filter.labels.allSatisfy { record.tenant.labels[$0.key] == $0.value }
            }
            guard chunk.count == page.limit, let last = chunk.last else { break }
            after = last.tenant.id.rawValue
        }
        return Array(found.prefix(page.limit))
    }

    private static let tenantsSQL = """
        SELECT \(TenantStore.columns) FROM tenants
        WHERE id > $1 AND $2 IS NULL AND ($3 IS NULL OR state = $3) AND ($4 IS NULL OR pinned = $4)
        ORDER BY id LIMIT $5
        """
    private static let tenantsOfCellSQL = """
        SELECT \(TenantStore.columns) FROM tenants
        WHERE cell = $2 AND id > $1 AND ($3 IS NULL OR state = $3) AND ($4 IS NULL OR pinned = $4)
        ORDER BY id LIMIT $5
        """

    public func holder(ofHost host: String) throws -> TenantID? {
        try connection.first(Self.holderSQL, host) { TenantID($0.text(0)) } ?? nil
    }

    private static let holderSQL = "SELECT tenant FROM hosts WHERE host = $1"

    /// Every tenant that has, or once had, this host.
    public func tenants(everHaving host: String) throws -> [TenantID] {
        try connection.query(Self.everHavingSQL, host) { TenantID($0.text(0)) }.compactMap { $0 }
    }

    private static let everHavingSQL = """
        SELECT tenant FROM hosts WHERE host = $1 UNION SELECT tenant FROM past_hosts WHERE host = $1
        """

    /// Cells that hold a tenant which `tenant` avoids, or which avoids it, each with that tenant's name.
    public func cellsAvoided(by tenant: TenantID, avoiding others: [TenantID]) throws -> [CellID: TenantID] {
        var cells: [CellID: TenantID] = [:]
        for other in others where other != tenant {
            try connection.forEach(Self.cellsOfSQL, other.rawValue) { row in
                if let cell = CellID(row.text(0)) { cells[cell] = other }
            }
        }
        try connection.forEach(Self.avoidersSQL, tenant.rawValue) { row in
            if let other = TenantID(row.text(0)), let cell = CellID(row.text(1)), other != tenant {
                cells[cell] = other
            }
        }
        return cells
    }

    // One on its way to a cell stands on both.
    /// The tenants that must not stand beside `tenant`, by either's wish, and where each is or will be.
    public func peers(of tenant: Tenant) throws -> [TenantID: CellID] {
        guard try !tenant.placement.avoidTenants.isEmpty || isAvoiding(tenant.id) else { return [:] }
        let avoided = try cellsAvoided(by: tenant.id, avoiding: tenant.placement.avoidTenants)
        return Dictionary(avoided.map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func isAvoiding(_ tenant: TenantID) throws -> Bool {
        try connection.first("SELECT 1 FROM avoidances WHERE avoided = $1 LIMIT 1", tenant.rawValue) { _ in
            true
        }
            ?? false
    }

    /// Every tenant of the cell that no operation moves already.
    public func tenantsAtRest(on cell: CellID) throws -> [Tenant] {
        try connection.query(Self.atRestSQL, cell.rawValue) { try TenantStore.record($0).tenant }
    }

    private static let atRestSQL = """
        SELECT \(TenantStore.columns) FROM tenants t
        WHERE cell = $1 AND NOT EXISTS (
            SELECT 1 FROM moves m WHERE m.tenant = t.id AND m.state IN ('planned', 'moving'))
        ORDER BY id
        """

    private static let cellsOfSQL = """
        SELECT cell FROM tenants WHERE id = $1
        UNION ALL SELECT target FROM moves WHERE tenant = $1 AND state IN ('planned', 'moving')
        """
    private static let avoidersSQL = """
        SELECT t.id, t.cell FROM avoidances a JOIN tenants t ON t.id = a.tenant WHERE a.avoided = $1
        UNION ALL
        SELECT m.tenant, m.target FROM avoidances a JOIN moves m ON m.tenant = a.tenant
        WHERE a.avoided = $1 AND m.state IN ('planned', 'moving')
        """

    public func tenantCount() throws -> Int {
        try connection.first("SELECT count(*) FROM tenants") { $0.int(0) } ?? 0
    }

    public func hostCount() throws -> Int {
        try connection.first("SELECT count(*) FROM hosts") { $0.int(0) } ?? 0
    }

    /// Each tenant's id in UTF-8 as it lies in the page, its cell, epoch and state: ten million of them at a start.
    public func forEachRoutedTenant(
        _ body: (Span<UInt8>, _ cell: String, Epoch, TenantState) throws -> Void
    ) throws {
        try connection.forEach("SELECT id, cell, epoch, state FROM tenants") { row in
            guard let state = TenantState(rawValue: row.text(3)) else {
                throw RegistryError(.internalError, "A kept tenant has no known state.")
            }
            let (cell, epoch) = (row.text(1), Epoch(rawValue: row.int64(2)))
            try row.withTextBytes(0) { id in
                try id.withMemoryRebound(to: UInt8.self) { try body($0.span, cell, epoch, state) }
            }
        }
    }

    /// Each host and its tenant, in UTF-8.
    public func forEachHost(_ body: (Span<UInt8>, _ tenant: Span<UInt8>) throws -> Void) throws {
        try connection.forEach("SELECT host, tenant FROM hosts") { row in
            try row.withTextBytes(0) { host in
                try row.withTextBytes(1) { tenant in
                    try host.withMemoryRebound(to: UInt8.self) { host in
                        try tenant.withMemoryRebound(to: UInt8.self) { try body(host.span, $0.span) }
                    }
                }
            }
        }
    }

    /// Each tenant in the order of names' bytes; a whole export is one snapshot.
    public func forEachTenant(_ filter: TenantFilter, _ body: (TenantRecord) throws -> Void) throws {
        let sql =
            "SELECT \(TenantStore.columns) FROM tenants WHERE ($1 IS NULL OR cell = $1) AND ($2 IS NULL OR state = $2) ORDER BY id"
        try connection.forEach(sql, filter.cell?.rawValue, filter.state?.rawValue) { row in
            try body(TenantStore.record(row))
        }
    }
}

extension WriteTransaction {
    /// Adds the tenant, or replaces it where `old` is what stands there; hosts, load and anti-affinity with it.
    ///
    /// The rules are the caller's: by now no other tenant has the hosts, and the cell has room.
    public func save(_ tenant: Tenant, replacing old: TenantRecord?) throws -> TenantRecord {
        let previous = try old?.revision ?? lastRevision(of: .tenant, tenant.id.rawValue)
        let hostsChanged = old.map { $0.tenant.hosts != tenant.hosts } ?? true
        let revision = try record(
            .tenant, tenant.id.rawValue, document: tenant.document, previous: previous,
            routing: hostsChanged || old?.tenant.routed != tenant.routed)
        let saved = TenantRecord(
            tenant: tenant, revision: revision, createdAt: old?.createdAt ?? now, updatedAt: now)

        let placement = tenant.placement == PlacementConstraints() ? nil : tenant.placement.document
        let labels = tenant.labels.isEmpty ? nil : tenant.document["labels"]
        let hosts = JSONValue.array(tenant.hosts.map { .string($0) })
        try connection.run(
            Self.saveTenantSQL, tenant.id.rawValue, tenant.cell.rawValue, tenant.epoch.rawValue,
            tenant.state.rawValue, tenant.load, tenant.pinned, hosts.encodedString(.canonical),
            placement?.encodedString(.canonical), labels?.encodedString(.canonical), revision.rawValue,
            saved.createdAt.rawValue, now.rawValue)
        if hostsChanged { try replaceHosts(of: tenant.id, old?.tenant.hosts ?? [], with: tenant.hosts) }
        try replaceAvoidances(
            of: tenant.id, old?.tenant.placement.avoidTenants ?? [], with: tenant.placement.avoidTenants)
        if let old { try ledger().remove(old.tenant.entry, from: old.tenant.cell) }
        try ledger().add(tenant.entry, to: tenant.cell)
        return saved
    }

    private static let saveTenantSQL = """
        INSERT INTO tenants (id, cell, epoch, state, load, pinned, hosts, placement, labels, revision,
                             created_at_ms, updated_at_ms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET
            cell = excluded.cell, epoch = excluded.epoch, state = excluded.state, load = excluded.load,
            pinned = excluded.pinned, hosts = excluded.hosts, placement = excluded.placement,
            labels = excluded.labels, revision = excluded.revision, updated_at_ms = excluded.updated_at_ms
        """

    public func delete(_ old: TenantRecord) throws {
        let tenant = old.tenant
        _ = try record(.tenant, tenant.id.rawValue, document: nil, previous: old.revision, routing: true)
        try replaceHosts(of: tenant.id, tenant.hosts, with: [])
        try replaceAvoidances(of: tenant.id, tenant.placement.avoidTenants, with: [])
        try connection.run("DELETE FROM tenants WHERE id = $1", tenant.id.rawValue)
        try ledger().remove(tenant.entry, from: tenant.cell)
    }

    /// The epoch at which a tenant of this name was deleted; nil if there never was one.
    public func lastEpoch(of id: TenantID) throws -> Epoch? {
        let document = try connection.first(Self.lastDocumentSQL, ResourceKind.tenant.rawValue, id.rawValue) {
            try JSONValue(parsing: Array($0.text(0).utf8))
        }
        return document?["epoch"]?.integer.map(Epoch.init(rawValue:))
    }

    private static let lastDocumentSQL = """
        SELECT document FROM audit_events WHERE kind = $1 AND resource = $2 AND document IS NOT NULL
        ORDER BY revision DESC LIMIT 1
        """

    private func replaceHosts(of tenant: TenantID, _ old: [String], with new: [String]) throws {
        for host in old where !new.contains(host) {
            try connection.run(Self.deleteHostSQL, host)
            try connection.run(Self.insertPastHostSQL, host, tenant.rawValue)
        }
        for host in new where !old.contains(host) {
            try connection.run(Self.insertHostSQL, host, tenant.rawValue)
        }
    }

    private static let deleteHostSQL = "DELETE FROM hosts WHERE host = $1"
    private static let insertPastHostSQL =
        "INSERT INTO past_hosts (host, tenant) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    private static let insertHostSQL = "INSERT INTO hosts (host, tenant) VALUES ($1, $2)"

    private func replaceAvoidances(of tenant: TenantID, _ old: [TenantID], with new: [TenantID]) throws {
        guard old != new else { return }
        for other in old { try connection.run(Self.deleteAvoidanceSQL, other.rawValue, tenant.rawValue) }
        for other in new { try connection.run(Self.insertAvoidanceSQL, other.rawValue, tenant.rawValue) }
    }

    private static let deleteAvoidanceSQL = "DELETE FROM avoidances WHERE avoided = $1 AND tenant = $2"
    private static let insertAvoidanceSQL = "INSERT INTO avoidances (avoided, tenant) VALUES ($1, $2)"
}

extension Tenant {
    fileprivate var entry: CellLedger.Entry {
        CellLedger.Entry(tenant: id, load: load, dedicated: placement.dedicated)
    }
}
