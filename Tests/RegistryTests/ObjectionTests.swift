import JSON
import Registry
import Testing

@Suite("Verdicts")
struct ObjectionTests {
    @Test("the chosen cell comes first, then the feasible, then the others, each by name")
    func order() {
        func cell(_ name: String, load: Int64, state: CellState = .active) -> PlacementPolicy.Candidate {
            PlacementPolicy.Candidate(
                id: CellID(name)!, zone: "a", state: state, schedulable: true, capacity: 10, load: load,
                labels: [:],
                tenants: 0, dedicatedTo: nil)
        }
        let question = PlacementPolicy.Question(
            tenant: TenantID("t")!, load: 1, constraints: PlacementConstraints())
        let cells = [
            cell("f", load: 10), cell("e", load: 0, state: .drained), cell("d", load: 5), cell("c", load: 1),
            cell("b", load: 5),
        ]
        let verdicts = Verdict.all(for: question, among: cells)
        #expect(verdicts.map(\.cell.rawValue) == ["c", "b", "d", "e", "f"])
        #expect(verdicts.map(\.chosen) == [true, false, false, false, false])
        #expect(verdicts[3].objections == [.notActive(.drained)])
        #expect(
            verdicts[4].shown == [
                "cell": "f", "zone": "a", "feasible": false, "chosen": false, "load": 10, "capacity": 10,
                "objections": [
                    ["code": "noHeadroom", "message": "its headroom is 0 units, and 1 are needed"]
                ],
            ])
    }
}
