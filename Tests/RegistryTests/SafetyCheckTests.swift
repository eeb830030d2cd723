import Registry
import Testing

@Suite("Safety check")
struct SafetyCheckTests {
    private typealias Action = SafetyCheck.Action

    /// Six cells, two a zone, each half full.
    private static func cells(_ change: (Int, inout SafetyCheck.Cell) -> Void = { _, _ in }) -> [SafetyCheck
        .Cell]
    {
        (0..<6).map { number in
            var cell = SafetyCheck.Cell(
                id: PlanningWorld.cellID(number), zone: ["a", "b", "c"][number / 2], state: .active,
                schedulable: true, capacity: 100, load: 50, health: .healthy)
            change(number, &cell)
            return cell
        }
    }

    private static func out(_ numbers: Int..., by origin: Action.Origin = .operator) -> Action {
        Action(takingOut: Set(numbers.map(PlanningWorld.cellID)), origin: origin)
    }

    private static func rules(
        _ action: Action, _ policies: SafetyPolicies, _ cells: [SafetyCheck.Cell] = cells()
    ) -> [SafetyRule] {
        SafetyCheck(cells: cells, policies: policies, now: Timestamp(rawValue: 0)).violations(of: action)
            .map(\.rule)
    }

    @Test("a zone is active while a cell of it is; only who takes the last one out is held")
    func activeZones() {
        let three = SafetyPolicies(activeZonesMin: 3)
        #expect(Self.rules(Self.out(0), three) == [])
        #expect(Self.rules(Self.out(0, 1), three) == [.activeZonesMin])
        #expect(Self.rules(Self.out(0, 1), SafetyPolicies(activeZonesMin: 2)) == [])
        #expect(Self.rules(Self.out(0, 1, 2, 3, 4, 5), SafetyPolicies()) == [.activeZonesMin])
        #expect(Self.rules(Self.out(0, 1, 2, 3, 4, 5), SafetyPolicies(activeZonesMin: 0)) == [])
        // Below the minimum already: what leaves the number as it is may go on.
        let lost = Self.cells { if $0 < 2 { $1.state = .drained } }
        #expect(Self.rules(Self.out(0, 1), three, lost) == [])
        #expect(Self.rules(Self.out(2), three, lost) == [])
        #expect(Self.rules(Self.out(2, 3), three, lost) == [.activeZonesMin])
    }

    @Test("so many cells drain at once, and no more")
    func draining() {
        let two = SafetyPolicies(drainingCellsMax: 2)
        #expect(Self.rules(Self.out(0, 2), two) == [])
        #expect(Self.rules(Self.out(0, 2, 4), two) == [.drainingCellsMax])
        let busy = Self.cells { if $0 < 2 { $1.state = .draining } }
        #expect(Self.rules(Self.out(2), two, busy) == [.drainingCellsMax])
        #expect(Self.rules(Self.out(0, 1), two, busy) == [], "they drain already")
        #expect(Self.rules(Action(origin: .operator), SafetyPolicies(drainingCellsMax: 1), busy) == [])
        #expect(Self.rules(Self.out(0), SafetyPolicies(drainingCellsMax: 0)) == [.drainingCellsMax])
    }

    @Test("a share of the capacity is left once the others carry everything")
    func remaining() {
        // 300 of 600 units; without one cell 200 of 500, without two 100 of 400.
        #expect(Self.rules(Self.out(0), SafetyPolicies(remainingCapacityPercentMin: 40)) == [])
        #expect(
            Self.rules(Self.out(0), SafetyPolicies(remainingCapacityPercentMin: 41)) == [
                .remainingCapacityPercentMin
            ])
        #expect(
            Self.rules(Self.out(0, 2), SafetyPolicies(remainingCapacityPercentMin: 26)) == [
                .remainingCapacityPercentMin
            ])
        // Below it already, and no cell is taken out: that is not the action's doing.
        #expect(Self.rules(Action(origin: .operator), SafetyPolicies(remainingCapacityPercentMin: 60)) == [])
        let cordoned = Self.cells { if $0 > 0 { $1.schedulable = false } }
        #expect(
            Self.rules(Self.out(1), SafetyPolicies(remainingCapacityPercentMin: 1), cordoned) == [
                .remainingCapacityPercentMin
            ])
        #expect(
            Self.rules(Self.out(0), SafetyPolicies(remainingCapacityPercentMin: 1), cordoned) == [
                .remainingCapacityPercentMin
            ])
    }

    @Test("automatic steps hold while too many cells are unhealthy, an operator's go on")
    func brake() {
        let bad = Self.cells { if $0 < 3 { $1.health = .unhealthy } }
        let automatic = Action(origin: .automatic)
        #expect(Self.rules(automatic, SafetyPolicies(), bad) == [.massFailureBrake])
        #expect(Self.rules(Action(origin: .operator), SafetyPolicies(), bad) == [])
        #expect(
            Self.rules(automatic, SafetyPolicies(massFailureBrake: .init(unhealthyPercent: 50)), bad) == [])
        #expect(
            Self.rules(automatic, SafetyPolicies(massFailureBrake: .init(unhealthyPercent: 49)), bad) == [
                .massFailureBrake
            ])
        #expect(Self.rules(automatic, SafetyPolicies(massFailureBrake: .init(cellsMin: 4)), bad) == [])
        let degraded = Self.cells { $1.health = $0 < 3 ? .degraded : .unknown }
        #expect(Self.rules(automatic, SafetyPolicies(), degraded) == [])
        let away = Self.cells {
            if $0 < 3 {
                $1.health = .unhealthy
                $1.state = .drained
            }
        }
        #expect(Self.rules(automatic, SafetyPolicies(), away) == [], "only active cells count")
    }

    @Test("inside a window of the calendar nothing starts, whoever wants it")
    func calendar() throws {
        let window = CalendarWindow(
            name: "sale",
            span: .once(start: Timestamp(rawValue: 0), end: try #require(Timestamp("1970-01-02T00:00:00Z"))))
        let policies = SafetyPolicies(changeCalendar: ChangeCalendar(windows: [window]))
        for origin in Action.Origin.allCases {
            #expect(Self.rules(Action(origin: origin), policies) == [.changeCalendar])
        }
        let check = SafetyCheck(cells: [], policies: policies, now: Timestamp(rawValue: 0))
        #expect(
            check.violations(of: Action(origin: .operator)) == [
                SafetyViolation(
                    rule: .changeCalendar,
                    message: "The window 'sale' forbids changes until 1970-01-02T00:00:00.000Z.",
                    nextSteps: [
                        "wait until 1970-01-02T00:00:00.000Z",
                        #"go on all the same: "override":{"rules":["changeCalendar"],"reason":"…"}"#,
                    ])
            ])
        let later = SafetyCheck(
            cells: [], policies: policies, now: try #require(Timestamp("1970-01-02T00:00:00Z")))
        #expect(later.violations(of: Action(origin: .operator)) == [])
    }

    @Test("an override lifts the rules that it names, and what it lifted is told")
    func overridden() {
        let check = SafetyCheck(
            cells: Self.cells(), policies: SafetyPolicies(activeZonesMin: 3, drainingCellsMax: 1),
            now: Timestamp(rawValue: 0))
        let action = Self.out(0, 1)
        #expect(check.outcome(of: action).violations.map(\.rule) == [.activeZonesMin, .drainingCellsMax])
        let half = check.outcome(
            of: action, override: SafetyOverride(rules: [.activeZonesMin, .changeCalendar], reason: "r"))
        #expect(half.violations.map(\.rule) == [.drainingCellsMax])
        #expect(half.overridden.map(\.rule) == [.activeZonesMin])
        #expect(
            half.violations.map(\.blocker) == [
                Blocker(
                    kind: "policy", id: "drainingCellsMax",
                    message: "0 cells drain, and 2 more would make it 2; at most 1 may.")
            ])
    }
}
