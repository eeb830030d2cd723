import Registry
import Testing

@Suite("A cell's life in a rollout")
struct RolloutCellStateTests {
    @Test("every state and every event are decided as the golden table says")
    func table() throws {
        var lines: [String] = []
        for life in RolloutCellLife.all {
            for event in RolloutCellEvent.allCases {
                lines.append("\(Self.name(life)) + \(event.rawValue) = \(Self.outcome(life, event))")
            }
        }
        try Golden.check(lines.joined(separator: "\n") + "\n", is: "rollout-cell-life.txt")
    }

    @Test("once a cell was touched it stays so, whatever happens")
    func touched() {
        for life in RolloutCellLife.all where life.isTouched {
            for event in RolloutCellEvent.allCases {
                guard let after = try? life.after(event) else { continue }
                #expect(after.isTouched, "\(life) + \(event)")
            }
        }
    }

    @Test("only a claim touches a cell")
    func untouched() {
        for life in RolloutCellLife.all where !life.isTouched {
            for event in RolloutCellEvent.allCases {
                guard let after = try? life.after(event) else { continue }
                #expect(after.isTouched == (event == .claim), "\(life) + \(event)")
            }
        }
    }

    @Test("going back queues what was touched, and nothing else")
    func undo() throws {
        for life in RolloutCellLife.all {
            let after = try life.after(.undo)
            switch life.state {
            case .skipped: #expect(after == life)
            case .rollingBack, .rolledBack: #expect(after == life)
            case .pending where !life.isTouched: #expect(after.state == .skipped)
            default: #expect(after.state == .rollbackPending, "\(life)")
            }
        }
    }

    @Test("an abort leaves nothing on its way, and refuses nobody")
    func abandoned() throws {
        for life in RolloutCellLife.all {
            let after = try life.after(.abandon)
            #expect(!after.isInFlight && after.state != .pending && after.state != .rollbackPending)
        }
    }

    @Test("a cell succeeds only by a bake, and bakes only by a healthy word")
    func evidence() {
        for life in RolloutCellLife.all {
            for event in RolloutCellEvent.allCases {
                guard let after = try? life.after(event), after.state != life.state else { continue }
                if after.state == .succeeded { #expect(life.state == .baking && event == .baked) }
                if after.state == .baking { #expect(event == .healthy) }
                if after.state == .rolledBack { #expect(life.state == .rollingBack && event == .healthy) }
            }
        }
    }

    private static func name(_ life: RolloutCellLife) -> String {
        let isUsual = life == RolloutCellLife(life.state)
        return isUsual ? life.state.rawValue : "\(life.state.rawValue) (touched)"
    }

    private static func outcome(_ life: RolloutCellLife, _ event: RolloutCellEvent) -> String {
        do {
            return name(try life.after(event))
        } catch {
            return error.code.rawValue
        }
    }
}
