// What an executor asks that lives beside the store: it has no other memory of its claims than the rollout itself.
extension RolloutRun {
    public struct Held: Sendable, Equatable {
        public var work: ClaimedWork
        /// Another may claim the cell: work on it goes on under a new claim alone.
        public var isOver: Bool
        /// The rollout has turned away from what it was claimed for: it waits for the claim to be given back.
        public var mustGiveBack: Bool
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
            case .pending, .baking, .succeeded, .failed, .unreachable, .skipped, .rolledBack, .rollbackFailed:
                return nil
            }
        }
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
