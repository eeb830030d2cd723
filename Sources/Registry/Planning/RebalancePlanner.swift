/// Plans the few moves that bring cells into a band around their mean utilisation.
///
/// Those cells take part that are active, not cordoned, not dedicated, of the zones asked for and not excluded; the
/// mean is theirs. Tenants that are pinned, excluded or want a cell for themselves stay. The cell that is farthest from
/// the mean is looked at first, and one move is sought for it after another:
/// 1. one that leaves both cells in the band, or brings this one into it and never the other out of it, by the lightest
///    tenant that does it, with the partner that is farthest on the other side of the mean;
/// 2. the heaviest one that takes neither cell across the band;
/// 3. where tenants are too heavy for that: the one that most lowers the larger deviation of the two.
/// So the largest deviation of all never grows, and no cell becomes fuller than the fullest was, unless within the
/// band. A cell that gives takes nothing, so no tenant moves for another's sake. The number of moves is the least there
/// can be where all tenants weigh the same; in general (it is bin packing) it is what this greedy choice finds.
public struct RebalancePlanner: Sendable {
    private let options: RebalanceOptions
    private let before: [PlacementPolicy.Candidate]
    private var planner: MovePlanner
    /// By their position among these: every cell that takes part.
    private var cells: [BalancedCell] = []

    /// - Parameters:
    ///   - cells: every cell, with what is reserved on it counted in its load.
    ///   - tenants: those on the cells, in any order; who is already in a move is left out by the caller.
    public init(
        cells candidates: [PlacementPolicy.Candidate], tenants: some Sequence<MovingTenant>,
        options: RebalanceOptions
    ) {
        self.options = options
        before = candidates
        planner = MovePlanner(cells: candidates, leaving: [])
        let taking = candidates.indices.filter { Self.takesPart(candidates[$0], options) }
        let mean = taking.reduce(into: (load: Int64(0), capacity: Int64(0))) {
            $0.load += candidates[$1].load
            $0.capacity += candidates[$1].capacity
        }
        cells = taking.map {
            BalancedCell(index: $0, cell: candidates[$0], mean: mean, band: options.band)
        }
        let positions = Dictionary(
            uniqueKeysWithValues: taking.enumerated().map { (candidates[$1].id, $0) })
        for tenant in tenants {
            guard let position = positions[tenant.source], tenant.load > 0, !tenant.pinned,
                !tenant.constraints.dedicated, !options.excludedTenants.contains(tenant.tenant)
            else { continue }
            cells[position].tenants.append(tenant)
        }
        for position in cells.indices {
            cells[position].tenants.sort { ($0.load, $0.tenant) < ($1.load, $1.tenant) }
        }
    }

    private static func takesPart(_ cell: PlacementPolicy.Candidate, _ options: RebalanceOptions) -> Bool {
        cell.state == .active && cell.schedulable && cell.capacity > 0 && cell.dedicatedTo == nil
            && (options.zones.isEmpty || options.zones.contains(cell.zone))
            && !options.excludedCells.contains(cell.id)
    }

    /// The plan, the same for the same cells, tenants and options whatever the order they are given in.
    public consuming func plan() -> RebalancePlan {
        let initial = cells
        var stuck: Set<Int> = []
        var moves: Int64 = 0
        while moves < options.maxMoves, let worst = farthest(except: stuck) {
            if let step = step(for: worst) {
                take(step)
                moves += 1
            } else {
                stuck.insert(worst)
            }
        }
        return RebalancePlan(
            options: options, before: initial, after: cells, candidates: before, plan: planner.plan)
    }

    // MARK: One step

    /// A tenant's move from one cell that takes part to another.
    private struct Step {
        var source: Int
        var target: Int
        /// Among the source's tenants.
        var tenant: Int
    }

    /// The cell outside the band that deviates most; of equal ones the first by name.
    private func farthest(except stuck: Set<Int>) -> Int? {
        cells.indices.filter { !cells[$0].isWithinBand && !stuck.contains($0) }.max { a, b in
            let (first, second) = (cells[a].deviation, cells[b].deviation)
            return first == second ? name(a) > name(b) : first < second
        }
    }

    private func name(_ position: Int) -> CellID { before[cells[position].index].id }

    private func step(for worst: Int) -> Step? {
        let pairs = partners(of: worst).map { partner in
            cells[worst].excess > 0 ? (source: worst, target: partner) : (source: partner, target: worst)
        }
        var heaviest: Step?
        for (source, target) in pairs {
            let need = cells[worst].excess + cells[worst].lack
            let needOfBoth = max(cells[source].excess, cells[target].lack)
            let most = min(
                cells[source].load - cells[source].lowest, cells[target].highest - cells[target].load)
            guard most > 0 else { continue }
            if needOfBoth <= most, let step = lightest(needOfBoth...most, source, target) { return step }
            guard let step = self.heaviest(upTo: most, source, target) else { continue }
            if load(of: step) >= need { return step }
            if heaviest.map({ load(of: $0) < load(of: step) }) ?? true { heaviest = step }
        }
        return heaviest ?? nearest(pairs)
    }

    private func load(of step: Step) -> Int64 { cells[step.source].tenants[step.tenant].load }

    /// The cells that a cell outside the band may give to, the emptiest first, or take from, the fullest first.
    private func partners(of worst: Int) -> [Int] {
        let gives = cells[worst].excess > 0
        guard cells[worst].role != (gives ? .takes : .gives) else { return [] }
        return cells.indices.filter {
            $0 != worst && cells[$0].role != (gives ? .gives : .takes)
                && (gives
                    ? cells[$0].utilisation < cells[worst].utilisation
                    : cells[$0].utilisation > cells[worst].utilisation)
        }.sorted { a, b in
            let (first, second) = (cells[a].utilisation, cells[b].utilisation)
            return first == second ? name(a) < name(b) : gives ? first < second : first > second
        }
    }

    private func lightest(_ loads: ClosedRange<Int64>, _ source: Int, _ target: Int) -> Step? {
        let tenants = cells[source].tenants
        var position = cells[source].firstTenant(weighing: loads.lowerBound)
        while position < tenants.endIndex, tenants[position].load <= loads.upperBound {
            if planner.accepts(tenants[position], on: cells[target].index) {
                return Step(source: source, target: target, tenant: position)
            }
            position += 1
        }
        return nil
    }

    private func heaviest(upTo most: Int64, _ source: Int, _ target: Int) -> Step? {
        let end = cells[source].firstTenant(weighing: most + 1)
        return cells[source].tenants[..<end].indices.last {
            planner.accepts(cells[source].tenants[$0], on: cells[target].index)
        }.map { Step(source: source, target: target, tenant: $0) }
    }

    /// Of all moves between the pairs the one that leaves the smaller larger deviation, if that is an improvement.
    private func nearest(_ pairs: [(source: Int, target: Int)]) -> Step? {
        var best: (step: Step, deviation: Double)?
        for (source, target) in pairs {
            let (giver, taker) = (cells[source], cells[target])
            // Less a hair's breadth, so that rounding is no improvement.
            let larger = max(giver.deviation, taker.deviation) - 1e-9
            let fullest = max(taker.mean + options.band.fraction, giver.utilisation)
            for (position, tenant) in giver.tenants.enumerated() {
                let deviation = max(
                    giver.deviation(adding: -tenant.load), taker.deviation(adding: tenant.load))
                guard deviation < min(larger, best?.deviation ?? larger),
                    Double(taker.load + tenant.load) / Double(taker.capacity) <= fullest,
                    planner.accepts(tenant, on: taker.index)
                else { continue }
                best = (Step(source: source, target: target, tenant: position), deviation)
            }
        }
        return best?.step
    }

    private mutating func take(_ step: Step) {
        let tenant = cells[step.source].tenants.remove(at: step.tenant)
        guard case .success = planner.place(tenant, on: name(step.target)) else {
            preconditionFailure("a step is made of what the planner accepts")
        }
        cells[step.source].load -= tenant.load
        cells[step.source].role = .gives
        cells[step.target].load += tenant.load
        cells[step.target].role = .takes
    }
}
