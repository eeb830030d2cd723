import Registry
import Testing

@Suite("A cell's life")
struct CellStateTests {
    @Test("every state, cordoned or not, and every event are decided as the golden table says")
    func table() throws {
        var lines: [String] = []
        for state in CellState.allCases {
            for schedulable in [true, false] {
                let life = CellLife(state, schedulable: schedulable)
                for event in CellEvent.allCases {
                    lines.append("\(Self.text(life)) + \(event.rawValue) = \(Self.outcome(life, event))")
                }
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "cell-life.txt")
    }

    @Test("an event that is repeated at once changes nothing more, except a deletion")
    func repeated() throws {
        for state in CellState.allCases {
            for schedulable in [true, false] {
                for event in CellEvent.allCases {
                    guard let once = try? CellLife(state, schedulable: schedulable).after(event) else {
                        continue
                    }
                    #expect(try once.after(event) == once, "\(state) + \(event)")
                }
            }
        }
    }

    @Test("a cell that is draining or beyond takes no new tenants, whatever is done to it")
    func cordonedWhileLeaving() {
        for state in CellState.allCases {
            for event in CellEvent.allCases {
                let wasLeaving = [.draining, .drained, .retired].contains(state)
                guard let life = try? CellLife(state, schedulable: !wasLeaving).after(event) else { continue }
                let isLeaving = [.draining, .drained, .retired].contains(life.state)
                #expect(!(isLeaving && life.schedulable), "\(state) + \(event)")
            }
        }
    }

    private static func text(_ life: CellLife) -> String {
        life.state.rawValue + (life.schedulable ? "" : " cordoned")
    }

    private static func outcome(_ life: CellLife, _ event: CellEvent) -> String {
        do {
            return try life.after(event).map(text) ?? "gone"
        } catch {
            return "\(error.code.rawValue): \(error.detail) Next: \(error.nextSteps.joined(separator: "; "))"
        }
    }
}
