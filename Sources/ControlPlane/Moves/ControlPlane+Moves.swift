import Registry
import Store

/// What moves tenants, beside the store: who is told, and what is observed.
public struct Moves: Sendable {
    let monitor = MoveMonitor()
    let underWay = UnderWay<OperationID>()
    /// Wakes the reconciler that takes batches on.
    let advance = WakeUp()
    /// Wakes the one that ends operations.
    let end = WakeUp()
    /// Wakes those that call movers.
    let callMovers = WakeUp()
}

extension ControlPlane {
    /// Every gateway as a barrier looks at it.
    func barrierGateways() -> [Barrier.Gateway] {
        gateways.views().map { view in
            let applied = view.record.applied.flatMap { $0.incarnation == incarnation ? $0.revision : nil }
            return Barrier.Gateway(
                id: view.record.id, applied: applied, isLive: view.isLive, silence: view.silence)
        }
    }

    /// How far the cell enforces its ownership feed.
    func seal(of cell: CellID) -> Revision? {
        seals.applied(by: cell).flatMap { $0.incarnation == incarnation ? $0.revision : nil }
    }

    /// Notes that a cell enforces its ownership feed as of `tag`.
    ///
    /// - Returns: how many routing revisions it is behind.
    /// - Throws: `notFound` for a cell that is not in the table; `revisionGone` for a revision that was never published.
    public func acknowledgeOwnership(of cell: CellID, _ tag: RevisionTag) throws(RegistryError) -> Int64 {
        let table = routing.current
        guard table.cell(cell) != nil else { throw RegistryError.missing("cell", cell) }
        guard tag.incarnation == table.incarnation, tag.revision <= table.revision else {
            throw RegistryError(
                .revisionGone, "The table has not been at \(tag): it is at \(table.tag).",
                nextSteps: ["GET /v1/cells/\(cell)/tenants, and acknowledge its revision"])
        }
        seals.acknowledge(cell, tag)
        moves.advance.wake()
        return table.revision.rawValue - tag.revision.rawValue
    }

    /// Whether this server may call the mover.
    public func check(_ mover: MoverSpec) throws(RegistryError) { try movers.settings.check(mover) }

    /// Why nothing may be begun now: the safety rules that hold for every step, not only the first.
    func holds(_ view: MovesInView) -> [Blocker] {
        SafetyCheck(
            cells: view.cells, policies: view.policies, now: clock.now()
        ).violations(of: SafetyCheck.Action(origin: .automatic)).map(\.blocker)
    }
}
