import JSON

/// How a release is brought to cells: in which waves, how many at once, and what each must show before the next begins.
public struct RolloutStrategy: Sendable, Equatable {
    /// What a cell that can't be reached means for its wave.
    public enum Unreachable: String, Sendable, CaseIterable {
        /// The wave goes on without it.
        case skip
        /// The wave waits for it, and it is tried again and again.
        case wait
        /// It counts as failed.
        case fail
    }

    /// The first wave, in this order; empty: there is none.
    public var canary: [CellID]
    public var waves: [WaveSpec]
    /// No wave changes cells of two zones: one that would is cut in as many.
    public var zoneAtATime: Bool
    /// Cells that are being changed at the same time, at the most.
    public var maxParallel: Int
    /// Cells of a zone that the rollout has made unavailable, at the most: changing, failed or out of reach. A share is of
    /// the zone's cells in this rollout, rounded down, and never below 1. Nil: no limit but `maxParallel`.
    public var maxUnavailablePerZone: CountOrPercent?
    /// How long a cell must stay healthy.
    public var bakeTime: Duration
    /// Cells that may fail without the rollout failing. A share is of all its cells, rounded down.
    public var failureBudget: CountOrPercent
    /// From an attempt's claim to the word that the cell is healthy; and from the end of its bake to the gates' verdict.
    public var progressDeadline: Duration
    public var unreachable: Unreachable
    public var approval: ApprovalSpec?
    public var gates: [Gate]

    public static let standard = RolloutStrategy()

    public init(
        canary: [CellID] = [], waves: [WaveSpec]? = nil, zoneAtATime: Bool = false, maxParallel: Int = 10,
        maxUnavailablePerZone: CountOrPercent? = nil, bakeTime: Duration = .seconds(300),
        failureBudget: CountOrPercent = .count(0), progressDeadline: Duration = .seconds(600),
        unreachable: Unreachable = .fail, approval: ApprovalSpec? = nil, gates: [Gate] = []
    ) {
        self.canary = canary
        self.waves = waves ?? WaveSpec.standard(hasCanary: !canary.isEmpty)
        self.zoneAtATime = zoneAtATime
        self.maxParallel = maxParallel
        self.maxUnavailablePerZone = maxUnavailablePerZone
        self.bakeTime = bakeTime
        self.failureBudget = failureBudget
        self.progressDeadline = progressDeadline
        self.unreachable = unreachable
        self.approval = approval
        self.gates = gates
    }

    /// What is wrong goes to the reader; the standard holds where a field is left out.
    init(from reader: DocumentReader) {
        let usual = RolloutStrategy.standard
        let limit = reader.converted("maxUnavailablePerZone", Self.zoneRule) { value in
            value.isNull ? Optional(nil) : CountOrPercent(value).flatMap { $0 == .count(0) ? nil : $0 }
        }
        self.init(
            canary: reader.list(
                "canary", countMax: Limits.cellsPerRolloutMax, Names.dnsLabelRule, CellID.init) ?? [],
            waves: reader.entries(
                "waves", countMin: 1, countMax: Limits.wavesMax, WaveSpec.rule, WaveSpec.init),
            zoneAtATime: reader.bool("zoneAtATime") ?? false,
            maxParallel: reader.integer("maxParallel", in: 1...Int64(Limits.cellsPerRolloutMax))
                .map(Int.init) ?? usual.maxParallel,
            maxUnavailablePerZone: limit ?? nil,
            bakeTime: reader.duration("bakeTime", in: .zero...Limits.bakeTimeMax) ?? usual.bakeTime,
            failureBudget: reader.converted("failureBudget", CountOrPercent.rule, CountOrPercent.init)
                ?? usual.failureBudget,
            progressDeadline: reader.duration("progressDeadline", in: Limits.progressDeadlines)
                ?? usual.progressDeadline,
            unreachable: reader.choice("unreachable") ?? usual.unreachable,
            approval: reader.nested("approval") { ApprovalSpec(from: $0) },
            gates: reader.objects("gates", countMax: Limits.gatesMax, Gate.init(from:)) ?? [])
        reportShrinking(to: reader)
        var names: Set<String> = []
        for (index, gate) in gates.enumerated() where !names.insert(gate.name).inserted {
            reader.report("gates[\(index)].name", "is given twice")
        }
    }

    private static let zoneRule =
        "must be a number of cells from 1, or a percentage like \"10%\", or null for no limit"

    /// A wave that ends before the one ahead of it has ended is a slip of the pen: counts are totals, not steps.
    private func reportShrinking(to reader: DocumentReader) {
        var last: CountOrPercent?
        for (index, wave) in waves.enumerated() {
            guard case .upTo(let share) = wave else { continue }
            let shrinks =
                switch (last, share) {
                case (.count(let before), .count(let now)): now <= before
                case (.percent(let before), .percent(let now)): now <= before
                case (nil, _), (.count, .percent), (.percent, .count): false
                }
            if shrinks {
                reader.report(
                    "waves[\(index)]",
                    "must be more than the wave before it: each says how many cells are on the release at its end"
                )
            }
            last = share
        }
    }

    public var document: JSONObject {
        var object: JSONObject = [
            "canary": .array(canary.map { .string($0.rawValue) }), "waves": .array(waves.map(\.document)),
            "zoneAtATime": .bool(zoneAtATime), "maxParallel": .integer(Int64(maxParallel)),
            "bakeTime": .string(bakeTime.goInWholeNumbers), "failureBudget": failureBudget.document,
            "progressDeadline": .string(progressDeadline.goInWholeNumbers),
            "unreachable": .string(unreachable.rawValue),
        ]
        if let maxUnavailablePerZone { object["maxUnavailablePerZone"] = maxUnavailablePerZone.document }
        if let approval { object["approval"] = approval.document }
        if !gates.isEmpty { object["gates"] = .array(gates.map(\.document)) }
        return object
    }

    /// Of a zone with so many cells in this rollout.
    public func unavailableMax(ofZoneWith cells: Int) -> Int {
        maxUnavailablePerZone.map { max(1, $0.roundedDown(of: cells)) } ?? Int.max
    }

    /// The lease of a claim that asks for none: a worker that has died is noticed while there is time for another.
    public var claimLease: Duration {
        min(max(progressDeadline / 2, Limits.claimLeaseUsual.lowerBound), Limits.claimLeaseUsual.upperBound)
    }
}
