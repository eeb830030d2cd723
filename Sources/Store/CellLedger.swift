import Registry
import SQLite

/// What stands on each cell, in memory on the writer's thread: what placement asks 500 times for one tenant.
///
/// The rows of `cells` are the truth. A ledger is loaded from them, follows the changes that its own transactions
/// make, and writes each touched cell back once, at the end of the transaction. `Cache` throws it away whenever the
/// registry's revision is not the one it has followed: after a rollback, a failed commit, a restart.
public final class CellLedger {
    /// In the order of the cells' names.
    public private(set) var candidates: Candidates
    private var touched: Set<Int> = []

    /// A tenant as the ledger counts it.
    struct Entry {
        var tenant: TenantID
        var load: Int64
        var dedicated: Bool
    }

    init(loading connection: Connection) throws {
        let cells = try connection.query(Self.loadSQL) { row in
            let document = try CellStore.cell(document: row.text(7))
            return PlacementPolicy.Candidate(
                id: document.id, zone: row.text(0), state: document.state, schedulable: row.bool(2),
                capacity: row.int64(3), load: row.int64(4), labels: document.labels, tenants: row.int64(5),
                reserved: row.int64(8), incoming: row.int64(9),
                dedicatedTo: row.optionalText(6).flatMap(TenantID.init))
        }
        candidates = Candidates(cells)
    }

    private static let loadSQL = """
        SELECT zone, state, schedulable, capacity, load, tenants, dedicated_to, document, reserved, incoming
        FROM cells ORDER BY id
        """

    public var cells: [PlacementPolicy.Candidate] { candidates.cells }

    public func candidate(_ id: CellID) -> PlacementPolicy.Candidate? {
        candidates.position(of: id).map { cells[$0] }
    }

    func add(_ entry: Entry, to cell: CellID) {
        update(cell) {
            $0.load += entry.load
            $0.tenants += 1
            if entry.dedicated { $0.dedicatedTo = entry.tenant }
        }
    }

    func remove(_ entry: Entry, from cell: CellID) {
        update(cell) {
            $0.load -= entry.load
            $0.tenants -= 1
            if $0.dedicatedTo == entry.tenant { $0.dedicatedTo = nil }
        }
    }

    /// Takes a place for a tenant that is on its way to the cell.
    func reserve(_ entry: Entry, on cell: CellID) {
        update(cell) {
            $0.reserved += entry.load
            $0.incoming += 1
            if entry.dedicated { $0.dedicatedTo = entry.tenant }
        }
    }

    /// Gives the place back: the tenant has arrived, or will not come.
    func release(_ entry: Entry, on cell: CellID) {
        update(cell) {
            $0.reserved -= entry.load
            $0.incoming -= 1
            if $0.dedicatedTo == entry.tenant { $0.dedicatedTo = nil }
        }
    }

    private func update(_ cell: CellID, _ change: (inout PlacementPolicy.Candidate) -> Void) {
        guard let position = candidates.position(of: cell) else {
            preconditionFailure("a placed tenant's cell is in the ledger")
        }
        candidates.update(position, change)
        touched.insert(position)
    }

    func flush(to connection: Connection) throws {
        for position in touched {
            let cell = cells[position]
            try connection.run(
                Self.flushSQL, cell.id.rawValue, cell.load, cell.tenants, cell.dedicatedTo?.rawValue,
                cell.reserved,
                cell.incoming)
        }
        touched = []
    }

    private static let flushSQL = """
        UPDATE cells SET load = $2, tenants = $3, dedicated_to = $4, reserved = $5, incoming = $6 WHERE id = $1
        """

    /// Holds the ledger between transactions. Used on the writer's thread alone.
    final class Cache: @unchecked Sendable {  // Only the writer's thread calls it; the store keeps it there.
        private(set) var current: CellLedger?
        private var revision = Revision.zero

        /// The ledger as of `revision`, loaded where the one at hand followed another course.
        func ledger(at revision: Revision, load: () throws -> CellLedger) rethrows -> CellLedger {
            if let current, self.revision == revision { return current }
            let fresh = try load()
            current = fresh
            self.revision = revision
            return fresh
        }

        func advance(from old: Revision, to new: Revision) {
            if revision == old { revision = new } else { current = nil }
        }

        /// After a rollback, or where a cell's row itself was written.
        func discard() { current = nil }
    }
}
