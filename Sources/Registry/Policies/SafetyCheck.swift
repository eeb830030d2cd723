/// Holds what is about to happen against the safety rules. Pure: asked in the transaction that starts the work, and
/// again at each effect.
public struct SafetyCheck: Sendable {
    /// What the rules look at of a cell.
    public struct Cell: Sendable, Equatable {
        public var id: CellID
        public var zone: String
        public var state: CellState
        public var schedulable: Bool
        public var capacity: Int64
        /// With what is reserved on it.
        public var load: Int64
        public var health: CellHealth.Status

        public init(
            id: CellID, zone: String, state: CellState, schedulable: Bool, capacity: Int64, load: Int64,
            health: CellHealth.Status
        ) {
            self.id = id
            self.zone = zone
            self.state = state
            self.schedulable = schedulable
            self.capacity = capacity
            self.load = load
            self.health = health
        }
    }

    /// What is about to happen.
    public struct Action: Sendable, Equatable {
        public enum Origin: String, Sendable, CaseIterable {
            /// Somebody asked for it now.
            case `operator`
            /// A reconciler takes it by itself.
            case automatic
        }

        /// Cells that will serve no longer: drained, evacuated, retired. Empty for moves between cells.
        public var takenOut: Set<CellID>
        public var origin: Origin

        public init(takingOut cells: Set<CellID> = [], origin: Origin) {
            takenOut = cells
            self.origin = origin
        }
    }

    /// What stands against an action, and what would but for an override.
    public struct Outcome: Sendable, Equatable {
        public var violations: [SafetyViolation]
        /// Audited and shown on the operation.
        public var overridden: [SafetyViolation]
    }

    private let cells: [Cell]
    private let policies: SafetyPolicies
    private let now: Timestamp

    public init(cells: [Cell], policies: SafetyPolicies, now: Timestamp) {
        self.cells = cells
        self.policies = policies
        self.now = now
    }

    public func outcome(of action: Action, override: SafetyOverride? = nil) -> Outcome {
        let found = violations(of: action)
        let lifted = override?.rules ?? []
        return Outcome(
            violations: found.filter { !lifted.contains($0.rule) },
            overridden: found.filter { lifted.contains($0.rule) })
    }

    /// In the order of the rules.
    public func violations(of action: Action) -> [SafetyViolation] {
        SafetyRule.allCases.compactMap { rule in
            let found =
                switch rule {
                case .activeZonesMin: activeZones(action)
                case .drainingCellsMax: drainingCells(action)
                case .remainingCapacityPercentMin: remainingCapacity(action)
                case .massFailureBrake: massFailure(action)
                case .changeCalendar: changeWindow()
                }
            return found.map {
                SafetyViolation(
                    rule: rule, message: $0.message,
                    nextSteps: $0.nextSteps + [
                        "go on all the same: \"override\":{\"rules\":[\"\(rule.rawValue)\"],\"reason\":\"…\"}"
                    ])
            }
        }
    }

    private typealias Finding = (message: String, nextSteps: [String])

    // MARK: The rules

    private func activeZones(_ action: Action) -> Finding? {
        let active = cells.filter { $0.state == .active }
        let before = Set(active.map(\.zone))
        let after = Set(active.lazy.filter { !action.takenOut.contains($0.id) }.map(\.zone))
        guard after.count < policies.activeZonesMin, after.count < before.count else { return nil }
        let lost = before.subtracting(after).sorted().joined(separator: ", ")
        return (
            "\(after.count) zones would have an active cell, at least \(policies.activeZonesMin) must; lost would be \(lost).",
            ["activate cells in another zone first", "take out fewer cells"]
        )
    }

    private func drainingCells(_ action: Action) -> Finding? {
        let draining = cells.filter { $0.state == .draining }.count
        let more = cells.filter { $0.state == .active && action.takenOut.contains($0.id) }.count
        guard more > 0, draining + more > policies.drainingCellsMax else { return nil }
        return (
            "\(draining) cells drain, and \(more) more would make it \(draining + more); at most \(policies.drainingCellsMax) may.",
            ["wait for the drains that run: GET /v1/operations?kind=drain&state=running"]
        )
    }

    private func remainingCapacity(_ action: Action) -> Finding? {
        let percent = policies.remainingCapacityPercentMin
        let before = remaining(without: [])
        let after = remaining(without: action.takenOut)
        // Shares are compared without division; where no capacity stays, nothing is left.
        let isLow = after.capacity == 0 || Int128(after.left) * 100 < Int128(percent) * Int128(after.capacity)
        let isLowered =
            after.capacity == 0
            ? before.capacity > 0
            : Int128(after.left) * Int128(before.capacity) < Int128(before.left) * Int128(after.capacity)
        guard percent > 0, isLow, isLowered else { return nil }
        return (
            "\(max(0, after.left)) of \(after.capacity) units would be left, at least \(percent) % must be.",
            ["add cells, or uncordon some", "take out fewer cells at a time"]
        )
    }

    /// The capacity of the cells that take tenants, and what is left of it once they carry those of all cells.
    private func remaining(without out: Set<CellID>) -> (capacity: Int64, left: Int64) {
        var (capacity, left): (Int64, Int64) = (0, 0)
        for cell in cells {
            let serves = cell.state == .active && !out.contains(cell.id)
            if serves, cell.schedulable {
                capacity += cell.capacity
                left += cell.capacity - cell.load
            } else if !serves {
                left -= cell.load
            }
        }
        return (capacity, left)
    }

    private func massFailure(_ action: Action) -> Finding? {
        guard action.origin == .automatic else { return nil }
        let active = cells.filter { $0.state == .active }
        let bad = active.filter { $0.health == .unhealthy }
        let brake = policies.massFailureBrake
        guard bad.count >= brake.cellsMin,
            Int64(bad.count) * 100 > brake.unhealthyPercent * Int64(active.count)
        else { return nil }
        let named = bad.prefix(3).map(\.id.rawValue).joined(separator: ", ")
        let more = bad.count > 3 ? " and \(bad.count - 3) more" : ""
        return (
            "\(bad.count) of \(active.count) active cells are unhealthy (\(named)\(more)), more than \(brake.unhealthyPercent) %: automatic steps hold.",
            ["find the common cause: GET /v1/cells", "report the cells' health anew"]
        )
    }

    private func changeWindow() -> Finding? {
        let status = policies.changeCalendar.status(at: now)
        guard let window = status.current else { return nil }
        guard let until = status.until else {
            return (
                "The window '\(window.window)' forbids changes, with no end in sight.",
                ["look at GET /v1/policies"]
            )
        }
        return ("The window '\(window.window)' forbids changes until \(until).", ["wait until \(until)"])
    }
}
