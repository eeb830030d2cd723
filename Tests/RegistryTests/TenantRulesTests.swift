import Testing

@testable import Registry

@Suite("Tenant rules")
struct TenantRulesTests {
    private let id = TenantID("acme")!
    private let here = CellID("cell-1")!

    private func spec(cell: CellID? = nil, epoch: Int64? = nil, state: TenantState? = nil) -> TenantSpec {
        TenantSpec(
            id: id, hosts: [], load: 1, cell: cell, epoch: epoch.map(Epoch.init(rawValue:)), state: state,
            pinned: false,
            placement: PlacementConstraints(), labels: [:])
    }

    private func refusal(of spec: TenantSpec) -> RegistryError? {
        let old = Tenant(id: id, cell: here, epoch: Epoch(rawValue: 3))
        do {
            try TenantRules.check(replacing: old, with: spec)
            return nil
        } catch {
            return error
        }
    }

    @Test("a write that repeats what is there, or leaves it out, is taken")
    func same() {
        #expect(refusal(of: spec()) == nil)
        #expect(refusal(of: spec(cell: here, epoch: 3, state: .serving)) == nil)
    }

    @Test("a write to another cell is refused, and names the move")
    func moveRequired() {
        let error = refusal(of: spec(cell: CellID("cell-2")))
        #expect(error?.code == .moveRequired)
        #expect(error?.nextSteps == [#"POST /v1/tenants/acme:move with {"to":"cell-2"}"#])
        #expect(error?.errors.map(\.field) == ["cell"])
    }

    @Test("a write of another state or epoch is refused")
    func stateAndEpoch() {
        for state in TenantState.allCases where state != .serving {
            #expect(refusal(of: spec(state: state))?.code == .stateConflict)
        }
        for epoch: Int64 in [1, 2, 4] { #expect(refusal(of: spec(epoch: epoch))?.code == .stateConflict) }
    }

    @Test("a new tenant's epoch is above all that its name has had")
    func firstEpoch() throws {
        let nine = Epoch(rawValue: 9)
        #expect(try TenantRules.firstEpoch(of: spec(), after: nil) == .first)
        #expect(try TenantRules.firstEpoch(of: spec(epoch: 5), after: nil).rawValue == 5)
        #expect(try TenantRules.firstEpoch(of: spec(), after: nine).rawValue == 10)
        #expect(try TenantRules.firstEpoch(of: spec(epoch: 10), after: nine).rawValue == 10)
        let error = #expect(throws: RegistryError.self) {
            try TenantRules.firstEpoch(of: spec(epoch: 9), after: nine)
        }
        #expect(error?.code == .stateConflict)
        #expect(error?.errors.map(\.field) == ["epoch"])
    }

    @Test("an epoch is given only so high that it can go on growing")
    func epochLimit() throws {
        let most = Limits.firstEpochMax
        #expect(try TenantRules.firstEpoch(of: spec(epoch: most), after: nil).rawValue == most)
        let error = #expect(throws: RegistryError.self) {
            try TenantRules.firstEpoch(of: spec(epoch: most + 1), after: nil)
        }
        #expect(error?.code == .invalidArgument)
        let last = Epoch(rawValue: most)
        #expect(try TenantRules.firstEpoch(of: spec(), after: last) == last.next)
        #expect(try TenantRules.firstEpoch(of: spec(epoch: most + 1), after: last) == last.next)
    }

    @Test("a new tenant serves or is suspended", arguments: TenantState.allCases)
    func firstState(_ state: TenantState) throws {
        #expect(try TenantRules.firstState(of: spec()) == .serving)
        do {
            #expect(try TenantRules.firstState(of: spec(state: state)) == state)
            #expect(state == .serving || state == .suspended)
        } catch {
            #expect(error.code == .stateConflict)
            #expect(state == .migrating || state == .frozen)
        }
    }
}
