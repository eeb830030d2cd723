import Registry
import Synchronization

/// How far each cell enforces its ownership feed, as it has acknowledged: in memory, for a cell says so again.
///
/// A cell that acknowledges revision F refuses every tenant that its feed shows as frozen, or not at all, at F: it has
/// sealed them. What is lost with a restart is only that a cutover waits for the cell's next word.
public final class SealLedger: Sendable {
    private let applied = Mutex<[CellID: RevisionTag]>([:])

    init() {}

    /// Notes that the cell enforces `tag`; an older one than before is taken too, for a cell may have lost its state.
    public func acknowledge(_ cell: CellID, _ tag: RevisionTag) { applied.withLock { $0[cell] = tag } }

    public func applied(by cell: CellID) -> RevisionTag? { applied.withLock { $0[cell] } }

    func forget(_ cell: CellID) { applied.withLock { $0[cell] = nil } }
}
