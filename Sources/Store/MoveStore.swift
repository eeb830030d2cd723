import Registry
import SQLite

enum MoveStore {
    static let columns = "tenant, batch, source, target, load, dedicated, epoch, state, message"

    static func record(_ row: borrowing Row) throws -> Move {
        guard let tenant = TenantID(row.text(0)), let source = CellID(row.text(2)),
            let target = CellID(row.text(3)), let state = Move.State(rawValue: row.text(7))
        else { throw RegistryError(.internalError, "A kept move has no known tenant, cells or state.") }
        return Move(
            tenant: tenant, batch: row.int64(1), source: source, target: target, load: row.int64(4),
            dedicated: row.bool(5), epoch: Epoch(rawValue: row.int64(6)), state: state, message: row.text(8))
    }
}

extension ReadTransaction {
    /// The operation's moves by tenant's name, at most `limit` behind `after`.
    public func moves(of operation: Operation, state: Move.State? = nil, after: String = "", limit: Int)
        throws
        -> [Move]
    {
        try connection.query(
            Self.movesSQL, operation.number, after, state?.rawValue, limit, row: MoveStore.record)
    }

    private static let movesSQL = """
        SELECT \(MoveStore.columns) FROM moves
        WHERE operation = $1 AND tenant > $2 AND ($3 IS NULL OR state = $3) ORDER BY tenant LIMIT $4
        """

    public func moves(of operation: Operation, batch: Int64) throws -> [Move] {
        try connection.query(Self.movesOfBatchSQL, operation.number, batch, row: MoveStore.record)
    }

    private static let movesOfBatchSQL = """
        SELECT \(MoveStore.columns) FROM moves WHERE operation = $1 AND batch = $2 ORDER BY tenant
        """

    /// The operation that moves the tenant now.
    public func mover(of tenant: TenantID) throws -> OperationID? {
        try connection.first(Self.moverSQL, tenant.rawValue) { OperationID($0.text(0)) } ?? nil
    }

    private static let moverSQL = """
        SELECT o.id FROM moves m JOIN operations o ON o.number = m.operation
        WHERE m.tenant = $1 AND m.state IN ('planned', 'moving')
        """

    /// The cell that the tenant is on its way to; nil where nothing moves it.
    public func target(ofMoving tenant: TenantID) throws -> CellID? {
        try connection.first(Self.targetSQL, tenant.rawValue) { CellID($0.text(0)) } ?? nil
    }

    private static let targetSQL =
        "SELECT target FROM moves WHERE tenant = $1 AND state IN ('planned', 'moving')"

    /// The targets of a batch's moves.
    ///
    /// - Parameter state: of those moves alone that are in this state; nil: of all.
    public func targets(of operation: Operation, batch: Int64, state: Move.State? = nil) throws -> [CellID] {
        try connection.query(Self.targetsSQL, operation.number, batch, state?.rawValue) { CellID($0.text(0)) }
            .compactMap { $0 }
    }

    private static let targetsSQL = """
        SELECT DISTINCT target FROM moves WHERE operation = $1 AND batch = $2 AND ($3 IS NULL OR state = $3)
        """

    /// How many tenants stand on the cell, or are on their way to it.
    public func occupants(of cell: CellID) throws -> Int64 {
        try settle()
        return try connection.first("SELECT tenants + incoming FROM cells WHERE id = $1", cell.rawValue) {
            $0.int64(0)
        } ?? 0
    }
}

extension WriteTransaction {
    /// Adds the move, and takes its place on the target.
    public func insert(_ move: Move, of operation: Operation) throws {
        try connection.run(
            Self.insertMoveSQL, operation.number, move.tenant.rawValue, move.batch, move.source.rawValue,
            move.target.rawValue, move.load, move.dedicated, move.epoch.rawValue, move.state.rawValue,
            move.message)
        try ledger().reserve(move.entry, on: move.target)
    }

    private static let insertMoveSQL = """
        INSERT INTO moves (operation, tenant, batch, source, target, load, dedicated, epoch, state, message)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """

    /// Writes what has become of the move; its place on the target is given back once it is neither planned nor moving.
    public func save(_ move: Move, of operation: Operation, as state: Move.State, _ message: String = "")
        throws
    {
        try connection.run(
            Self.saveMoveSQL, operation.number, move.tenant.rawValue, state.rawValue, message)
        if move.state.isActive, !state.isActive { try ledger().release(move.entry, on: move.target) }
    }

    private static let saveMoveSQL = """
        UPDATE moves SET state = $3, message = $4 WHERE operation = $1 AND tenant = $2
        """

    /// Takes out the moves of these tenants that have come to nothing; returns how many there were.
    public func forget(_ tenants: [TenantID], of operation: Operation) throws -> Int {
        try tenants.reduce(0) { try $0 + connection.run(Self.forgetMoveSQL, operation.number, $1.rawValue) }
    }

    private static let forgetMoveSQL = """
        DELETE FROM moves WHERE operation = $1 AND tenant = $2 AND state IN ('failed', 'returned')
        """

    /// The revision of the last change that gateways see; with `next`, of the last before that one.
    public func routingRevision(before next: Revision? = nil) throws -> Revision {
        try connection.first(Self.routingRevisionSQL, next?.rawValue ?? Int64.max) {
            Revision(rawValue: $0.int64(0))
        } ?? .zero
    }

    private static let routingRevisionSQL = """
        SELECT revision FROM audit_events WHERE routing = 1 AND revision < $1 ORDER BY revision DESC LIMIT 1
        """
}

extension Move {
    fileprivate var entry: CellLedger.Entry {
        CellLedger.Entry(tenant: tenant, load: load, dedicated: dedicated)
    }
}

extension Move.State {
    /// It holds a place on its target, and keeps others from moving the tenant.
    public var isActive: Bool {
        switch self {
        case .planned, .moving: true
        case .moved, .failed, .returned: false
        }
    }
}
