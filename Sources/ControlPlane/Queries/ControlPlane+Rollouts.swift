import JSON
import Registry
import Store

extension ControlPlane {
    public func release(_ name: ReleaseName) throws(RegistryError) -> ReleaseRecord? {
        try store.read { try $0.release(name) }
    }

    public func releases(_ page: Page) throws(RegistryError) -> [ReleaseRecord] {
        try store.read { try $0.releases(page: page) }
    }

    /// What the cell's services are to run and were observed to run; nil where there is no such cell.
    public func services(of cell: CellID) throws(RegistryError) -> [CellService]? {
        try store.read { try $0.cell(cell) == nil ? nil : $0.services(of: cell) }
    }

    /// Every wave, cell by cell, as it would be planned now.
    public func preview(_ request: RolloutRequest) throws(RegistryError) -> JSONValue {
        try store.read { try RolloutPlan(request, in: $0, at: rollouts.now()).document }
    }

    /// The rollout as the API shows it; nil where there is none.
    public func rollout(_ id: RolloutID) throws(RegistryError) -> JSONObject? {
        try store.read { try $0.run(id)?.shown(in: $0, at: rollouts.now()) }
    }

    /// Newest first, those before `number`, each with its number.
    public func rollouts(
        _ filter: RolloutFilter, before number: Int64, limit: Int
    ) throws(RegistryError) -> [(number: Int64, shown: JSONObject)] {
        try store.read { transaction in
            try transaction.rollouts(filter, before: number, limit: limit).map { rollout in
                let progress = RolloutProgress(try transaction.cellCounts(of: rollout), of: rollout)
                return (rollout.number, rollout.shown(progress))
            }
        }
    }

    /// A page of the rollout's cells, those behind `place`; nil where there is no such rollout.
    public func cells(
        of id: RolloutID, _ filter: RolloutCellFilter, after place: Int, limit: Int
    ) throws(RegistryError) -> [(place: Int, shown: JSONObject)]? {
        try store.read { transaction in
            guard let rollout = try transaction.rollout(id) else { return nil }
            return try transaction.cells(of: rollout, filter, after: place, limit: limit).map {
                ($0.place, $0.document(rollout.strategy))
            }
        }
    }

    /// True until it has ended, from memory; false for one that there is not.
    public func isUnderWay(_ id: RolloutID) -> Bool { rollouts.underWay.contains(id) }

    /// Now, by both clocks that rollouts know.
    public var rolloutTime: RolloutTime { rollouts.now() }
}
