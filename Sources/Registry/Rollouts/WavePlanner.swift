import JSON

/// Puts the selected cells in waves. Pure: the same cells and strategy always give the same plan.
public struct WavePlanner: Sendable {
    /// What the planner looks at of a cell.
    public struct Candidate: Sendable {
        public var cell: Cell
        public var before: CellVersions
        public var facts: CellFacts
        /// Another active rollout of one of its services.
        public var takenBy: RolloutID?

        public init(
            cell: Cell, before: CellVersions = CellVersions([:]), facts: CellFacts? = nil,
            takenBy: RolloutID? = nil
        ) {
            self.cell = cell
            self.before = before
            self.facts = facts ?? CellFacts(state: cell.state)
            self.takenBy = takenBy
        }
    }

    private let request: RolloutRequest
    private var warnings: [String] = []
    private var waves: [(why: String, cells: [Candidate])] = []

    /// - Throws: `notFound` for a named cell that is not there; `invalidArgument` for a canary that the selector leaves
    ///   out; `stateConflict` where no cell is left.
    public static func plan(
        _ request: RolloutRequest, among all: [Candidate]
    ) throws(RegistryError) -> RolloutPlan {
        var planner = WavePlanner(request)
        return try planner.plan(among: all)
    }

    private init(_ request: RolloutRequest) { self.request = request }

    private mutating func plan(among all: [Candidate]) throws(RegistryError) -> RolloutPlan {
        let strategy = request.strategy
        let byID = Dictionary(all.map { ($0.cell.id, $0) }, uniquingKeysWith: { first, _ in first })
        try checkNames(known: byID)
        let taken = all.filter { request.selector.takes($0.cell) }
        guard !taken.isEmpty else {
            throw RegistryError(
                .stateConflict, "The selector takes no cell.",
                nextSteps: ["GET /v1/cells shows their zones and labels"])
        }
        guard taken.count <= Limits.cellsPerRolloutMax else {
            throw RegistryError(
                .invalidArgument,
                "The selector takes \(taken.count) cells, and a rollout at most \(Limits.cellsPerRolloutMax).",
                nextSteps: ["narrow the selector, and roll the rest out after it"])
        }
        let canaries = strategy.canary.compactMap { byID[$0] }
        if !canaries.isEmpty { waves.append(("canary", canaries)) }
        let named = Set(strategy.canary)
        var rest = inOrder(taken.filter { !named.contains($0.cell.id) })
        for spec in strategy.waves { take(spec, of: taken.count, from: &rest) }
        if !rest.isEmpty { waves.append(("the rest: \(rest.count) of \(taken.count.counted("cell"))", rest)) }
        if strategy.zoneAtATime { cutByZone() }
        warnOfUnknown()
        return RolloutPlan(
            waves: waves.map { RolloutPlan.Wave(why: $0.why, cells: $0.cells.map(planned)) },
            warnings: warnings, failuresMax: strategy.failureBudget.roundedDown(of: taken.count),
            blockers: waves.flatMap(\.cells).compactMap(blocker))
    }

    private func checkNames(known: [CellID: Candidate]) throws(RegistryError) {
        for cell in request.selector.cells + request.strategy.canary where known[cell] == nil {
            throw RegistryError(
                .notFound, "There is no cell '\(cell)'.", nextSteps: ["GET /v1/cells shows those there are"])
        }
        for (index, cell) in request.strategy.canary.enumerated() {
            guard let candidate = known[cell], request.selector.takes(candidate.cell) else {
                throw RegistryError(
                    .invalidArgument, "The canary '\(cell)' is not one of the selector's cells.",
                    errors: [FieldError("strategy.canary[\(index)]", "is left out by the selector")])
            }
        }
        for (index, spec) in request.strategy.waves.enumerated() {
            guard case .zone(let zone) = spec, !known.values.contains(where: { $0.cell.zone == zone })
            else { continue }
            throw RegistryError(
                .invalidArgument, "No cell is in the zone '\(zone)'.",
                errors: [FieldError("strategy.waves[\(index)].zone", "is the zone of no cell")])
        }
    }

    /// Zones in turn, so that no wave falls on one zone alone; within a zone by name, `cell-2` before `cell-10`. With one
    /// zone at a time, zone after zone.
    private func inOrder(_ cells: [Candidate]) -> [Candidate] {
        let byZone = Dictionary(grouping: cells, by: \.cell.zone)
            .mapValues { $0.sorted { $0.cell.id.isBefore($1.cell.id) } }
        let zones = byZone.keys.sorted()
        if request.strategy.zoneAtATime { return zones.flatMap { byZone[$0] ?? [] } }
        var order: [Candidate] = []
        let longest = byZone.values.map(\.count).max() ?? 0
        for round in 0..<longest {
            for zone in zones {
                if let cells = byZone[zone], round < cells.count { order.append(cells[round]) }
            }
        }
        return order
    }

    private mutating func take(_ spec: WaveSpec, of total: Int, from rest: inout [Candidate]) {
        switch spec {
        case .upTo(let share):
            let before = waves.reduce(0) { $0 + $1.cells.count }
            let end = min(share.roundedUp(of: total), total)
            let shown = share.document.string ?? end.counted("cell")
            guard end > before else {
                warnings.append(
                    "The wave up to \(shown) makes no wave: \(before) of \(total.counted("cell")) come before it."
                )
                return
            }
            waves.append(
                ("up to \(shown): \(end) of \(total.counted("cell"))", Array(rest.prefix(end - before))))
            rest.removeFirst(end - before)
        case .zone(let zone):
            let cells = rest.filter { $0.cell.zone == zone }
            guard !cells.isEmpty else {
                warnings.append("The wave of the zone \(zone) makes no wave: no cell is left of it.")
                return
            }
            waves.append(("zone \(zone)", cells))
            rest.removeAll { $0.cell.zone == zone }
        }
    }

    private mutating func cutByZone() {
        waves = waves.flatMap { wave -> [(why: String, cells: [Candidate])] in
            let zones = wave.cells.reduce(into: [String]()) { zones, candidate in
                if !zones.contains(candidate.cell.zone) { zones.append(candidate.cell.zone) }
            }
            guard zones.count > 1 else { return [wave] }
            return zones.map { zone in
                ("\(wave.why), of them zone \(zone)", wave.cells.filter { $0.cell.zone == zone })
            }
        }
    }

    private mutating func warnOfUnknown() {
        let unknown = waves.flatMap(\.cells).filter { !$0.before.unknown.isEmpty }
        guard let first = unknown.first else { return }
        warnings.append(
            "Of \(unknown.count) cells, \(first.cell.id) for one, it is not known what they run: a rollback leaves it to the executor to know it."
        )
    }

    private func planned(_ candidate: Candidate) -> RolloutPlan.PlannedCell {
        let (verdict, why): (RolloutPlan.Verdict, String) =
            if let other = candidate.takenBy {
                (.refused, "is in \(other)")
            } else if let reason = candidate.facts.skipReason {
                (.skip, reason)
            } else if let hold = candidate.facts.holds.first {
                (.wait, hold.message)
            } else {
                (.change, candidate.before.release.map { "runs \($0)" } ?? "")
            }
        return RolloutPlan.PlannedCell(
            cell: candidate.cell.id, zone: candidate.cell.zone, verdict: verdict, why: why,
            before: candidate.before)
    }

    private func blocker(_ candidate: Candidate) -> Blocker? {
        candidate.takenBy.map {
            Blocker(
                kind: "rollout", id: $0.rawValue, message: "has the cell '\(candidate.cell.id)' until its end"
            )
        }
    }
}

extension CellID {
    /// By name, with the numbers in it taken for numbers: `cell-2` before `cell-10`.
    func isBefore(_ other: CellID) -> Bool {
        var (a, b) = (rawValue.utf8[...], other.rawValue.utf8[...])
        while let x = a.first, let y = b.first {
            if x.isDigit, y.isDigit {
                let (left, right) = (a.prefix { $0.isDigit }, b.prefix { $0.isDigit })
                let (m, n) = (left.drop { $0 == 0x30 }, right.drop { $0 == 0x30 })
                if m.count != n.count { return m.count < n.count }
                if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
                (a, b) = (a[left.endIndex...], b[right.endIndex...])
            } else if x != y {
                return x < y
            } else {
                (a, b) = (a.dropFirst(), b.dropFirst())
            }
        }
        return a.isEmpty && b.isEmpty ? rawValue < other.rawValue : a.isEmpty
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
}
