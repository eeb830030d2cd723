import JSON
import Registry
import SQLite

enum CellStore {
    static let columns = "document, load, tenants, revision, created_at_ms, updated_at_ms, reserved, incoming"

    static func record(_ row: borrowing Row) throws -> CellRecord {
        CellRecord(
            cell: try cell(document: row.text(0)), load: row.int64(1), tenants: row.int64(2),
            reserved: row.int64(6), incoming: row.int64(7), revision: Revision(rawValue: row.int64(3)),
            createdAt: Timestamp(rawValue: row.int64(4)),
            updatedAt: Timestamp(rawValue: row.int64(5)))
    }

    static func cell(document: String) throws -> Cell {
        try Cell(document: JSONValue(parsing: Array(document.utf8)), id: nil)
    }
}

extension ReadTransaction {
    public func cell(_ id: CellID) throws -> CellRecord? {
        try settle()
        return try connection.first(Self.cellSQL, id.rawValue, row: CellStore.record)
    }

    private static let cellSQL = "SELECT \(CellStore.columns) FROM cells WHERE id = $1"

    /// The cells behind `page.after` in the order of their names, at most `page.limit`.
    public func cells(_ filter: CellFilter = CellFilter(), page: Page) throws -> [CellRecord] {
        try settle()
        var found: [CellRecord] = []
        var after = page.after ?? ""
        while found.count < page.limit {
            let chunk = try connection.query(
                Self.cellsSQL, after, filter.zone, filter.state?.rawValue,
                filter.schedulable.map { $0 ? 1 : 0 },
                page.limit, row: CellStore.record)
            found += chunk.filter { record in
                filter.labels.allSatisfy { record.cell.labels[$0.key] == $0.value }
            }
            guard chunk.count == page.limit, let last = chunk.last else { break }
            after = last.cell.id.rawValue
        }
        return Array(found.prefix(page.limit))
    }

    private static let cellsSQL = """
        SELECT \(CellStore.columns) FROM cells
        WHERE id > $1 AND ($2 IS NULL OR zone = $2) AND ($3 IS NULL OR state = $3)
          AND ($4 IS NULL OR schedulable = $4)
        ORDER BY id LIMIT $5
        """

    public func forEachCell(_ body: (CellRecord) throws -> Void) throws {
        try settle()
        try connection.forEach("SELECT \(CellStore.columns) FROM cells ORDER BY id") {
            try body(CellStore.record($0))
        }
    }

    /// Every cell's state and health, without reading its document.
    public func forEachCell(_ body: (_ cell: CellID, CellState, CellHealth.Status) throws -> Void) throws {
        try connection.forEach("SELECT id, state, health FROM cells ORDER BY id") { row in
            guard let id = CellID(row.text(0)), let state = CellState(rawValue: row.text(1)),
                let health = CellHealth.Status(rawValue: row.text(2))
            else { throw RegistryError(.internalError, "A kept cell has no known name, state or health.") }
            try body(id, state, health)
        }
    }

    /// Every cell as the safety rules see it, without reading its document.
    public func cellsForSafety() throws -> [SafetyCheck.Cell] {
        try settle()
        return try connection.query(Self.safetySQL) { row in
            guard let id = CellID(row.text(0)), let state = CellState(rawValue: row.text(2)),
                let health = CellHealth.Status(rawValue: row.text(6))
            else { throw RegistryError(.internalError, "A kept cell has no known name, state or health.") }
            return SafetyCheck.Cell(
                id: id, zone: row.text(1), state: state, schedulable: row.bool(3), capacity: row.int64(4),
                load: row.int64(5), health: health)
        }
    }

    private static let safetySQL = """
        SELECT id, zone, state, schedulable, capacity, load + reserved, health FROM cells ORDER BY id
        """

    /// One cell's state and health; nil where there is no such cell.
    func condition(of cell: CellID) throws -> (state: CellState, health: CellHealth.Status)? {
        try connection.first("SELECT state, health FROM cells WHERE id = $1", cell.rawValue) { row in
            guard let state = CellState(rawValue: row.text(0)),
                let health = CellHealth.Status(rawValue: row.text(1))
            else { throw RegistryError(.internalError, "A kept cell has no known state or health.") }
            return (state, health)
        }
    }

    public func cellCount() throws -> Int {
        try connection.first("SELECT count(*) FROM cells") { $0.int(0) } ?? 0
    }

    /// Every cell as placement sees it, from the rows.
    public func candidates() throws -> [PlacementPolicy.Candidate] {
        try settle()
        return try CellLedger(loading: connection).cells
    }
}

extension WriteTransaction {
    /// Adds the cell, or replaces it where `old` is what stands there; returns it as it is now.
    public func save(_ cell: Cell, replacing old: CellRecord?) throws -> CellRecord {
        // The ledger is forgotten below: what this transaction has placed must be in the rows before.
        try settle()
        let routing = old.map { $0.cell.routed != cell.routed } ?? (cell.routed != nil)
        let previous = try old?.revision ?? lastRevision(of: .cell, cell.id.rawValue)
        let revision = try record(
            .cell, cell.id.rawValue, document: cell.document, previous: previous, routing: routing)
        let createdAt = old?.createdAt ?? now
        let placed = try connection.first(
            Self.saveSQL, cell.id.rawValue, cell.zone, cell.state.rawValue, cell.schedulable, cell.capacity,
            cell.document.encodedString(.canonical), revision.rawValue, createdAt.rawValue, now.rawValue,
            cell.health.status.rawValue
        ) { (load: $0.int64(0), tenants: $0.int64(1), reserved: $0.int64(2), incoming: $0.int64(3)) }
        forgetLedger()
        return CellRecord(
            cell: cell, load: placed?.load ?? 0, tenants: placed?.tenants ?? 0,
            reserved: placed?.reserved ?? 0,
            incoming: placed?.incoming ?? 0, revision: revision, createdAt: createdAt, updatedAt: now)
    }

    private static let saveSQL = """
        INSERT INTO cells (id, zone, state, schedulable, capacity, load, tenants, reserved, incoming, document,
                           revision, created_at_ms, updated_at_ms, health)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, 0, $6, $7, $8, $9, $10)
        ON CONFLICT (id) DO UPDATE SET
            zone = excluded.zone, state = excluded.state, schedulable = excluded.schedulable,
            capacity = excluded.capacity, document = excluded.document, revision = excluded.revision,
            updated_at_ms = excluded.updated_at_ms, health = excluded.health
        RETURNING load, tenants, reserved, incoming
        """

    public func delete(_ old: CellRecord) throws {
        _ = try record(
            .cell, old.cell.id.rawValue, document: nil, previous: old.revision,
            routing: old.cell.routed != nil)
        try connection.run("DELETE FROM cells WHERE id = $1", old.cell.id.rawValue)
        try forgetServices(of: old.cell.id)
        forgetLedger()
    }

    /// The revision of the last event of a resource, which is zero where there is none.
    ///
    /// A resource that is made anew under an old name goes on from there, so that its history is one chain.
    func lastRevision(of kind: ResourceKind, _ id: String) throws -> Revision {
        try connection.first(Self.lastRevisionSQL, kind.rawValue, id) { Revision(rawValue: $0.int64(0)) }
            ?? .zero
    }

    private static let lastRevisionSQL = """
        SELECT revision FROM audit_events WHERE kind = $1 AND resource = $2 ORDER BY revision DESC LIMIT 1
        """
}
