import Registry
import Testing

@Suite("An operation's life")
struct OperationLifeTests {
    private static let lives =
        OperationState.allCases.map { OperationLife($0) } + [OperationLife(.running, isCancelling: true)]

    @Test("every state, being cancelled or not, and every event are decided as the golden table says")
    func table() throws {
        var lines: [String] = []
        for life in Self.lives {
            for event in OperationEvent.allCases {
                lines.append("\(Self.text(life)) + \(event.rawValue) = \(Self.outcome(life, event))")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "operation-life.txt")
    }

    @Test("what operators ask for twice changes nothing the second time")
    func repeated() throws {
        for life in Self.lives {
            for event in [OperationEvent.pause, .resume, .cancel] {
                guard let once = try? life.after(event) else { continue }
                #expect(try once.after(event) == once, "\(life) + \(event)")
            }
        }
    }

    @Test("a cancel can't be paused or taken back, and ends as cancelled or as done")
    func cancelling() throws {
        let life = try OperationLife(.paused).after(.cancel)
        #expect(life == OperationLife(.running, isCancelling: true) && life.intent == "cancel")
        let ways = OperationEvent.allCases.compactMap { try? life.after($0) }.filter { $0 != life }
        #expect(ways == [OperationLife(.succeeded), OperationLife(.cancelled)])
    }

    @Test("what has ended refuses everything but the cancel of what is cancelled")
    func ended() {
        for state in OperationState.allCases where state.isDone {
            for event in OperationEvent.allCases where (state, event) != (.cancelled, .cancel) {
                #expect(
                    (try? OperationLife(state).after(event)) == nil, "\(state) + \(event) is let through")
            }
        }
    }

    private static func text(_ life: OperationLife) -> String {
        life.state.rawValue + (life.isCancelling ? " cancelling" : "")
    }

    private static func outcome(_ life: OperationLife, _ event: OperationEvent) -> String {
        do {
            return text(try life.after(event))
        } catch {
            return "\(error.code.rawValue): \(error.detail) Next: \(error.nextSteps.joined(separator: "; "))"
        }
    }
}
