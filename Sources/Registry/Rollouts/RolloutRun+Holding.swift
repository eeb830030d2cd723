// What an executor asks that lives beside the store: it has no other memory of its claims than the rollout itself.
extension RolloutRun {
    public struct Held: Sendable, Equatable {
        public var work: ClaimedWork
        /// Another may claim the cell: work on it goes on under a new claim alone.
        public var isOver: Bool
        /// The rollout has turned away from what it was claimed for: it waits for the claim to be given back.
        public var mustGiveBack: Bool
        /// It is changed, and bakes: to be looked at, not to be changed.
        public var bakes = false
        /// Its bake clock stands, for what was seen last was bad.
        public var isBakeStopped = false
    }

    /// The cells that `worker` was the last to claim, and is not done with.
    public func held(by worker: String, at now: Timestamp) -> [Held] {
        cells.indices.compactMap { index in
            let cell = cells[index]
            guard let claim = cell.claim, claim.worker == worker, let work = work(of: index) else {
                return nil
            }
            let isLive = claim.isLive(at: now)
            switch cell.state {
            case .updating, .rollingBack: return Held(work: work, isOver: !isLive, mustGiveBack: false)
            case .rollbackPending, .abandoned:
                return isLive ? Held(work: work, isOver: false, mustGiveBack: true) : nil
            case .baking:
                return Held(
                    work: work, isOver: false, mustGiveBack: false, bakes: true,
                    isBakeStopped: cell.healthySince == nil)
            case .pending, .succeeded, .failed, .unreachable, .skipped, .rolledBack, .rollbackFailed:
                return nil
            }
        }
    }

    /// What the executor sees of a cell that bakes: while it is not ready the bake clock stands, and it starts anew when it is
    /// ready again and no gate speaks against it.
    ///
    /// - Returns: false where that changes nothing; the claim may be over.
    public mutating func watch(
        isReady: Bool, _ message: String, of cell: CellID, under token: FencingToken, at now: Timestamp
    ) throws(RegistryError) -> Bool {
        let index = try index(of: cell)
        guard cells[index].state == .baking, cells[index].claim?.token == token,
            (cells[index].healthySince == nil) == isReady,
            !isReady || !cells[index].tallies.contains(where: { $0.bad > 0 })
        else { return false }
        cells[index].healthySince = isReady ? now : nil
        cells[index].message = message
        changed.insert(index)
        return true
    }

    /// What the cell really ran, as its executor has read it before its first change: that is what it goes back to. What
    /// was meant to run keeps its release's name only where it is the same image.
    ///
    /// - Throws: `notFound`; `stateConflict` for a claim that is over.
    public mutating func recordBefore(
        _ images: [String: String], of cell: CellID, under token: FencingToken
    ) throws(RegistryError) {
        let index = try index(of: cell)
        guard cells[index].state == .updating, cells[index].claim?.token == token,
            var before = cells[index].before
        else { throw cells[index].refused(.staleToken, "the claim with the token \(token) is over") }
        for (service, image) in images where before.services[service]?.image != image {
            before.services[service] = ServiceVersion(image: image)
        }
        guard before != cells[index].before else { return }
        cells[index].before = before
        changed.insert(index)
    }
}
