import Registry
import Testing

@Suite("Cell rules")
struct CellRulesTests {
    private let cell = Cell(id: CellID("cell-1")!, zone: "us-east-1a", state: .active, capacity: 100)

    private func record(_ cell: Cell, load: Int64 = 0, tenants: Int64 = 0) -> CellRecord {
        CellRecord(
            cell: cell, load: load, tenants: tenants, revision: Revision(rawValue: 1),
            createdAt: Timestamp(rawValue: 0),
            updatedAt: Timestamp(rawValue: 0))
    }

    private func refusal(_ old: CellRecord, _ change: (inout Cell) -> Void) -> ErrorCode? {
        var new = old.cell
        change(&new)
        do {
            try CellRules.check(replacing: old, with: new)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a write changes everything but the state")
    func state() {
        #expect(refusal(record(cell)) { $0.labels = ["a": "b"] } == nil)
        for state in CellState.allCases where state != .active {
            #expect(refusal(record(cell)) { $0.state = state } == .stateConflict)
        }
    }

    @Test("the zone stays while tenants are on the cell")
    func zone() {
        #expect(refusal(record(cell)) { $0.zone = "us-east-1b" } == nil)
        #expect(refusal(record(cell, load: 0, tenants: 1)) { $0.zone = "us-east-1b" } == .inUse)
    }

    @Test("the capacity goes down to the load, and no further")
    func capacity() {
        #expect(refusal(record(cell, load: 40, tenants: 2)) { $0.capacity = 40 } == nil)
        #expect(refusal(record(cell, load: 40, tenants: 2)) { $0.capacity = 39 } == .inUse)
    }

    @Test(
        "a cell that is being emptied is not uncordoned by a write",
        arguments: [CellState.draining, .drained])
    func uncordonWhileLeaving(_ state: CellState) {
        var cell = cell
        cell.state = state
        cell.schedulable = false
        #expect(refusal(record(cell)) { $0.schedulable = true } == .stateConflict)
        #expect(refusal(record(cell)) { $0.labels = ["a": "b"] } == nil)
    }

    @Test("a retired cell is never written again")
    func retired() {
        var cell = cell
        cell.state = .retired
        #expect(refusal(record(cell)) { $0.labels = ["a": "b"] } == .stateConflict)
    }

    @Test("a new cell is provisioning or active", arguments: CellState.allCases)
    func adding(_ state: CellState) {
        var cell = cell
        cell.state = state
        let allowed = state == .provisioning || state == .active
        do {
            try CellRules.check(adding: cell)
            #expect(allowed)
        } catch {
            #expect(!allowed)
            #expect(error.code == .stateConflict)
        }
    }

    @Test("what takes the cell away is refused while it has tenants", arguments: CellEvent.allCases)
    func events(_ event: CellEvent) {
        let takesAway = [.retire, .delete, .observedEmpty].contains(event)
        do {
            try CellRules.check(event, on: record(cell, load: 5, tenants: 2))
            #expect(!takesAway)
        } catch {
            #expect(takesAway)
            #expect(error.code == .inUse)
            #expect(error.blockers == [Blocker(kind: "cell", id: "cell-1", message: "serves 2 tenants")])
        }
        #expect(throws: Never.self) { try CellRules.check(event, on: record(cell)) }
    }
}
