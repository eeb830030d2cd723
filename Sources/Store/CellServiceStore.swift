import JSON
import Registry
import SQLite

/// What services of cells are to run, and what they were observed to run.
enum CellServiceStore {
    static let columns = "cell, service, desired, observed, observed_at_ms, rollout"

    static func record(_ row: borrowing Row) throws -> CellService {
        guard let cell = CellID(row.text(0)), let rollout = RolloutID(row.text(5)),
            let desired = try ServiceVersion(document: JSONValue(parsing: Array(row.text(2).utf8)))
        else { throw RegistryError(.internalError, "A kept service of a cell can't be read.") }
        let observed = try row.optionalText(3).flatMap { text in
            ServiceVersion(document: try JSONValue(parsing: Array(text.utf8)))
        }
        return CellService(
            cell: cell, service: row.text(1), desired: desired, observed: observed,
            observedAt: row.optionalInt64(4).map(Timestamp.init(rawValue:)), rollout: rollout)
    }
}

extension ReadTransaction {
    /// By service's name; empty for a cell that no rollout has ever changed.
    public func services(of cell: CellID) throws -> [CellService] {
        try connection.query(Self.servicesSQL, cell.rawValue, row: CellServiceStore.record)
    }

    private static let servicesSQL =
        "SELECT \(CellServiceStore.columns) FROM cell_services WHERE cell = $1 ORDER BY service"

    /// These services, of every cell.
    public func services(named services: [String]) throws -> [CellID: [CellService]] {
        var found: [CellID: [CellService]] = [:]
        for service in services {
            for kept in try connection.query(Self.serviceSQL, service, row: CellServiceStore.record) {
                found[kept.cell, default: []].append(kept)
            }
        }
        return found
    }

    private static let serviceSQL = "SELECT \(CellServiceStore.columns) FROM cell_services WHERE service = $1"

    /// Calls `body` with each cell that has the service: who wrote what it is to run, and whether that is `version` and
    /// was observed to be. Compared as text, without reading any of it.
    public func forEachCell(
        running service: String, _ version: ServiceVersion,
        _ body: (_ cell: String, _ rollout: String, _ runs: Bool) throws -> Void
    ) throws {
        try connection.forEach(
            Self.runningSQL, service, version.document.encodedString(.canonical)
        ) { try body($0.text(0), $0.text(1), $0.bool(2)) }
    }

    private static let runningSQL = """
        SELECT cell, rollout, desired = $2 AND observed IS $2 FROM cell_services WHERE service = $1
        """
}

extension WriteTransaction {
    /// A rollout begins to bring the cell to these versions.
    public func desire(_ versions: CellVersions, of cell: CellID, by rollout: RolloutID) throws {
        rolloutCache.forget(cell)
        for (service, version) in versions.services {
            try connection.run(
                Self.desireSQL, cell.rawValue, service, version.document.encodedString(.canonical),
                rollout.rawValue)
        }
    }

    private static let desireSQL = """
        INSERT INTO cell_services (cell, service, desired, rollout) VALUES ($1, $2, $3, $4)
        ON CONFLICT (cell, service) DO UPDATE SET desired = excluded.desired, rollout = excluded.rollout
        """

    /// The cell was observed to run these versions, by a worker that the rollout had sent.
    public func observe(_ versions: CellVersions, of cell: CellID, by rollout: RolloutID, at time: Timestamp)
        throws
    {
        rolloutCache.forget(cell)
        for (service, version) in versions.services {
            try connection.run(
                Self.observeSQL, cell.rawValue, service, version.document.encodedString(.canonical),
                time.rawValue, rollout.rawValue)
        }
    }

    private static let observeSQL = """
        UPDATE cell_services SET observed = $3, observed_at_ms = $4
        WHERE cell = $1 AND service = $2 AND rollout = $5
        """

    /// The cell is gone: one that comes under its name runs nothing that is known.
    func forgetServices(of cell: CellID) throws {
        rolloutCache.forget(cell)
        try connection.run("DELETE FROM cell_services WHERE cell = $1", cell.rawValue)
    }
}
