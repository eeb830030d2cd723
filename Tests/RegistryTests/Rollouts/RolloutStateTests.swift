import Registry
import Testing

@Suite("A rollout's life")
struct RolloutStateTests {
    @Test("every state and every event are decided as the golden table says")
    func table() throws {
        var lines: [String] = []
        for life in RolloutLife.all {
            for event in RolloutEvent.allCases {
                lines.append("\(Self.name(life)) + \(event.rawValue) = \(Self.outcome(life, event))")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "rollout-life.txt")
    }

    @Test("a repeated event either changes nothing or is refused")
    func repeated() throws {
        for life in RolloutLife.all {
            for event in RolloutEvent.allCases {
                guard let once = try? life.after(event) else { continue }
                if let twice = try? once.after(event) { #expect(twice == once, "\(life) + \(event)") }
            }
        }
    }

    @Test("what goes back never goes forward again")
    func oneWay() {
        for life in RolloutLife.all where life.isGoingBack {
            for event in RolloutEvent.allCases {
                guard let after = try? life.after(event), event != .abort else { continue }
                #expect(after.isGoingBack, "\(life) + \(event)")
            }
        }
    }

    @Test("every state that is not an end leads to one, by operators alone too")
    func ends() {
        let operators: [RolloutEvent] = [.abort]
        for life in RolloutLife.all where !life.state.isDone {
            let ended = operators.contains { (try? life.after($0))?.state.isDone == true }
            #expect(ended, "\(life)")
        }
    }

    @Test("only undoing and trying the undoing again lead out of an end")
    func reopened() {
        for life in RolloutLife.all where life.state.isDone {
            for event in RolloutEvent.allCases {
                guard let after = try? life.after(event), !after.state.isDone else { continue }
                #expect(after.state == .rollingBack, "\(life) + \(event)")
            }
        }
    }

    private static func name(_ life: RolloutLife) -> String {
        life.state == .paused && life.isGoingBack ? "paused on the way back" : life.state.rawValue
    }

    private static func outcome(_ life: RolloutLife, _ event: RolloutEvent) -> String {
        do {
            return name(try life.after(event))
        } catch {
            return error.code.rawValue
        }
    }
}
