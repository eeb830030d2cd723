import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Gate question")
struct GateQuestionTests {
    private let probe: JSONValue = [
        "name": "alive", "type": "probe", "service": "order-service", "interval": "10s",
    ]
    private let errors: JSONValue = [
        "name": "errors", "type": "prometheus", "query": "errors{cell=\"{{cell}}\"}", "comparison": "<",
        "threshold": 0.01, "window": "5m", "interval": "30s",
    ]

    @Test("only a cell that bakes is asked about", arguments: RolloutCellState.allCases)
    func baking(_ state: RolloutCellState) throws {
        let rollout = try someRollout(gates: [probe])
        var cell = try bakingCell()
        cell.life = RolloutCellLife(state)
        let question = GateQuestion(rollout.strategy.gates[0], of: rollout, on: cell)
        #expect((question != nil) == (state == .baking))
    }

    @Test("the first is asked once the whole window lies after the change, within an interval from there")
    func first() throws {
        for (document, window, interval) in [(probe, 0, 10_000), (errors, 300_000, 30_000)] {
            let first = try question(document).firstAt.rawValue - gateTime.rawValue
            #expect((Int64(window)..<Int64(window + interval)).contains(first))
        }
    }

    @Test("500 cells that were changed in the same instant are asked over the whole interval")
    func spread() throws {
        let offsets = try (1...500).map {
            try question(probe, on: "cell-\($0)").firstAt.rawValue - gateTime.rawValue
        }
        // Evenly, each second would have fifty of them.
        let perSecond = Dictionary(grouping: offsets) { $0 / 1000 }.mapValues(\.count)
        #expect(perSecond.count == 10)
        #expect(perSecond.values.allSatisfy { (25...85).contains($0) }, "\(perSecond)")
        // The same after a restart.
        #expect(try question(probe, on: "cell-7").firstAt == question(probe, on: "cell-7").firstAt)
    }

    @Test("the next is asked an interval after the last, whether that became evidence or not")
    func next() throws {
        var asked = try question(probe)
        let at = gateTime.advanced(byMilliseconds: 60_000)
        #expect(asked.dueAt(asked: at) == at.advanced(byMilliseconds: 10_000))
        asked.observedAt = at
        #expect(asked.dueAt(asked: nil) == at.advanced(byMilliseconds: 10_000))
        let later = at.advanced(byMilliseconds: 5000)
        #expect(asked.dueAt(asked: later) == later.advanced(byMilliseconds: 10_000))
    }

    @Test("evidence's message is one line of limited length")
    func message() throws {
        let text = "a\nb" + String(repeating: "é", count: 2000)
        let message = try question(probe).evidence(.bad, text, at: gateTime).message
        #expect(message.hasPrefix("a b"))
        #expect(message.utf8.count <= Limits.reportMessageBytesMax)
    }
}

@Suite("Gate schedule")
struct GateScheduleTests {
    private let probe: JSONValue = [
        "name": "alive", "type": "probe", "service": "order-service", "interval": "10s",
    ]

    @Test("what has been due the longest is taken first, so many at once, and nothing twice")
    func order() throws {
        let schedule = GateSchedule()
        let questions = try (1...40).map { try question(probe, on: "cell-\($0)") }
        let now = gateTime.advanced(byMilliseconds: 10_000)
        let first = schedule.take(from: questions, at: now, limit: 25)
        let second = schedule.take(from: questions, at: now, limit: 25)
        #expect((first.count, second.count) == (25, 15))
        #expect(Set((first + second).map(\.cell)).count == 40)
        let times = (first + second).map(\.firstAt)
        #expect(times == times.sorted())
        #expect(schedule.take(from: questions, at: now, limit: 25).isEmpty)
    }

    @Test("nothing is taken before it is due, and again an interval after it was asked")
    func due() throws {
        let schedule = GateSchedule()
        let alone = try question(probe)
        func take(at time: Timestamp) -> Int { schedule.take(from: [alone], at: time, limit: 9).count }
        #expect(take(at: alone.firstAt.advanced(byMilliseconds: -1)) == 0)
        #expect(take(at: alone.firstAt) == 1)
        // It takes long to answer.
        let late = alone.firstAt.advanced(byMilliseconds: 25_000)
        #expect(take(at: late) == 0)
        schedule.putBack(alone)
        #expect(take(at: alone.firstAt.advanced(byMilliseconds: 9999)) == 0)
        #expect(take(at: late) == 1)
    }

    @Test("a cell that bakes anew is asked anew")
    func attempts() throws {
        let schedule = GateSchedule()
        var alone = try question(probe)
        #expect(schedule.take(from: [alone], at: alone.firstAt, limit: 1).count == 1)
        schedule.putBack(alone)
        alone.attempt = 2
        #expect(schedule.take(from: [alone], at: alone.firstAt, limit: 1).count == 1)
    }
}
