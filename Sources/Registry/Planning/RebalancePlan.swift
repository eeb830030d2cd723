import JSON

/// What a rebalance would do, or why it does nothing.
public struct RebalancePlan: Sendable, Equatable {
    public enum Outcome: String, Sendable, CaseIterable {
        /// There are moves worth making.
        case planned
        /// Every cell is within the band.
        case balanced
        /// Moves would help by less than the threshold.
        case belowThreshold
        /// Cells are outside the band, and no move that is allowed helps.
        case stuck
    }

    public var outcome: Outcome
    /// Without moves unless the outcome is `planned`.
    public var plan: MovePlan
    public var band: Percentage
    /// Of the cells that take part, as a fraction of their capacity.
    public var meanUtilisation: Double
    /// The largest distance from the mean among the cells that take part, as a fraction; `After` as the moves would
    /// leave it, also where they are not worth making.
    public var largestDeviationBefore: Double
    public var largestDeviationAfter: Double
    /// By how much it falls among the cells that the moves touch: what the threshold is held against.
    public var improvement: Double
    /// Outside the band before, and still so after.
    public var outsideBefore: [CellID]
    public var outsideAfter: [CellID]

    init(
        options: RebalanceOptions, before: [BalancedCell], after: [BalancedCell],
        candidates: [PlacementPolicy.Candidate], plan: MovePlan
    ) {
        func largest(_ cells: [BalancedCell]) -> Double { cells.map(\.deviation).max() ?? 0 }
        func outside(_ cells: [BalancedCell]) -> [CellID] {
            cells.filter { !$0.isWithinBand }.map { candidates[$0.index].id }.sorted()
        }
        let touched = after.indices.filter { after[$0].role != .neither }
        improvement = largest(touched.map { before[$0] }) - largest(touched.map { after[$0] })
        band = options.band
        meanUtilisation = before.first?.mean ?? 0
        largestDeviationBefore = largest(before)
        largestDeviationAfter = largest(after)
        outsideBefore = outside(before)
        outsideAfter = outside(after)
        if outsideBefore.isEmpty {
            outcome = .balanced
        } else if plan.moves.isEmpty {
            outcome = .stuck
        } else {
            // A hair's breadth for the sums of doubles.
            outcome = improvement + 1e-9 < options.threshold.fraction ? .belowThreshold : .planned
        }
        self.plan =
            outcome == .planned
            ? plan : MovePlan(moves: [], unplaceable: [], before: candidates, after: candidates)
    }

    /// The plan as an answer; deviations and the mean in percent.
    public func shown(itemsMax: Int = Limits.planItemsShownMax) -> JSONObject {
        func percent(_ fraction: Double) -> JSONValue { .number((fraction * 10_000).rounded() / 100) }
        func names(_ cells: [CellID]) -> JSONValue {
            .array(cells.prefix(Limits.blockersShownMax).map { .string($0.rawValue) })
        }
        var object: JSONObject = [
            "outcome": .string(outcome.rawValue), "band": .string(band.description),
            "meanPercent": percent(meanUtilisation),
            "largestDeviationPercent": [
                "before": percent(largestDeviationBefore), "after": percent(largestDeviationAfter),
            ],
            "cellsOutsideBand": [
                "before": .integer(Int64(outsideBefore.count)),
                "after": .integer(Int64(outsideAfter.count)),
                "left": names(outsideAfter),
            ],
        ]
        for (key, value) in plan.shown(itemsMax: itemsMax) { object[key] = value }
        return object
    }
}
