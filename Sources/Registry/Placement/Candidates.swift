/// The cells as the placement policy sees them, and its choice among them.
///
/// Asked over 500 cells for each tenant of an import or a plan. What a choice reads of every cell stands in one flat
/// array beside the cells, and the zones' sums are kept, so that it takes no memory, counts no reference and looks at
/// a cell itself only where that is better than all before it and something speaks for a closer look. Both follow
/// each change, for `update` is the one way to make it.
public struct Candidates: Sendable {
    /// In the order they were given.
    public private(set) var cells: [PlacementPolicy.Candidate]
    private var standings: [Standing]
    /// Load and capacity of each zone's active cells.
    private var zones: [Share]
    private let positions: [CellID: Int]

    private struct Standing {
        /// What is taken of it, by tenants on it and on their way, in units, and of how much.
        var share: Share
        /// Its zone's place in `zones`.
        var zone: Int
        var isActive: Bool
        /// Active, not cordoned, nobody's own: nothing speaks against it but a wish, or what it has no room for.
        var isCommon: Bool
        /// Active and not cordoned.
        var isOpen: Bool
        var hash: UInt64

        init(_ cell: PlacementPolicy.Candidate, zone: Int) {
            share = Share(load: cell.load + cell.reserved, capacity: cell.capacity)
            self.zone = zone
            isActive = cell.state == .active
            isOpen = isActive && cell.schedulable
            isCommon = isOpen && cell.dedicatedTo == nil
            hash = cell.hash
        }
    }

    /// - Precondition: no two cells have one name.
    public init(_ cells: [PlacementPolicy.Candidate]) {
        self.cells = cells
        positions = Dictionary(uniqueKeysWithValues: cells.enumerated().map { ($1.id, $0) })
        let names = Set(cells.map(\.zone)).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        standings = cells.map { Standing($0, zone: numbers[$0.zone]!) }
        zones = names.map { _ in Share(load: 0, capacity: 0) }
        for standing in standings where standing.isActive { zones[standing.zone] += standing.share }
    }

    public func position(of id: CellID) -> Int? { positions[id] }

    /// Changes a cell, but not its name or its zone.
    public mutating func update(_ index: Int, _ change: (inout PlacementPolicy.Candidate) -> Void) {
        let old = standings[index]
        if old.isActive { zones[old.zone] -= old.share }
        change(&cells[index])
        let new = Standing(cells[index], zone: old.zone)
        if new.isActive { zones[new.zone] += new.share }
        standings[index] = new
    }

    /// The best of the feasible cells' indices, by `PlacementPolicy`'s rule; nil where no cell is feasible.
    ///
    /// - Parameter exception: the index of a cell that is out of the question; it still counts for its zone.
    public func choose(for question: PlacementPolicy.Question, except exception: Int? = nil) -> Int? {
        let asksNothing = question.asksNothing
        let current = question.current.flatMap { positions[$0] }
        let seed = PlacementPolicy.stableHash(question.tenant.rawValue)
        var best: (index: Int, share: Share, zone: Int, hash: UInt64)?
        for index in standings.indices where standings[index].isOpen {
            var share = standings[index].share
            // It does not count against itself.
            if index != current { share.load += question.load }
            guard share.load <= share.capacity, index != exception else { continue }
            let zone = standings[index].zone
            var hash: UInt64?
            if let best {
                var order = share.compared(to: best.share)
                if order == 0, zone != best.zone { order = zones[zone].compared(to: zones[best.zone]) }
                if order == 0 {
                    let tie = PlacementPolicy.mixed(seed, standings[index].hash)
                    order = tie < best.hash ? -1 : 1
                    hash = tie
                }
                guard order < 0 else { continue }
            }
            guard
                asksNothing && standings[index].isCommon
                    || PlacementPolicy.firstObjection(to: cells[index], for: question) == nil
            else { continue }
            best = (index, share, zone, hash ?? PlacementPolicy.mixed(seed, standings[index].hash))
        }
        return best?.index
    }
}
