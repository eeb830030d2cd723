import JSON
import Testing

@testable import Registry

@Suite("Gates and their evidence")
struct GateTests {
    private static let query = PrometheusQuery(
        template: #"sum(rate(errors{cell="{{cell}}",release="{{release}}"}[{{window}}]))"#,
        comparison: .less, threshold: 0.01, window: .seconds(60))

    private static func world(_ gate: Gate) throws -> RolloutWorld {
        try RolloutWorld(3, RolloutStrategy.quick.with { $0.gates = [gate] })
    }

    /// Cell 1 is claimed and reported healthy: it bakes.
    private static func baking(_ gate: Gate) throws -> RolloutWorld {
        var world = try world(gate)
        world.wait(5)
        let work = try #require(try world.claim())
        world.wait(5)
        try world.report(work)
        return world
    }

    private static func evidence(
        _ outcome: GateEvidence.Outcome, at time: Timestamp, attempt: Int = 1, gate: String = "g",
        release: String = "v1.1.0"
    ) -> GateEvidence {
        GateEvidence(
            cell: CellID("cell-1")!, release: ReleaseName(release)!, attempt: attempt, gate: gate,
            outcome: outcome, message: "seen", observedAt: time)
    }

    @Test("a query is asked about one cell and one release")
    func text() {
        let text = Self.query.text(for: CellID("cell-7")!, release: ReleaseName("v1.1.0")!)
        #expect(text == #"sum(rate(errors{cell="cell-7",release="v1.1.0"}[1m0s]))"#)
    }

    @Test("every value must hold; no value, or one that is no number, says nothing")
    func outcomes() {
        #expect(Self.query.outcome(of: [0, 0.009]) == .good)
        #expect(Self.query.outcome(of: [0, 0.01]) == .bad)
        #expect(Self.query.outcome(of: []) == .missing)
        #expect(Self.query.outcome(of: [0, .nan]) == .missing)
        for comparison in PrometheusQuery.Comparison.allCases {
            let holds = [1.0, 2, 3].map { comparison.holds($0, 2) }
            let expected: [Bool] =
                switch comparison {
                case .less: [true, false, false]
                case .lessOrEqual: [true, true, false]
                case .greater: [false, false, true]
                case .greaterOrEqual: [false, true, true]
                case .equal: [false, true, false]
                case .unequal: [true, false, true]
                }
            #expect(holds == expected, "\(comparison)")
        }
    }

    @Test("bad evidence in a row fails the cell at the threshold, and not before")
    func failing() throws {
        var world = try Self.baking(Gate(name: "g", measure: .health, failureThreshold: 3))
        for expected in [RolloutCellState.baking, .baking, .failed] {
            world.wait(10)
            try world.run.add(Self.evidence(.bad, at: world.now), at: world.now)
            let step = world.run.situation(in: world.surroundings, at: world.now).step
            #expect(step.cells.contains { $0.event == .unhealthy } == (expected == .failed))
        }
        try world.advance()
        #expect(world.cell(1).message.contains("gate g"))
        #expect(world.state == .rollingBack)
    }

    @Test("a flap fails nobody, and starts the bake clock anew")
    func flap() throws {
        var world = try Self.baking(Gate(name: "g", measure: .health, failureThreshold: 3))
        for outcome in [GateEvidence.Outcome.good, .bad, .bad] {
            world.wait(10)
            try world.run.add(Self.evidence(outcome, at: world.now), at: world.now)
        }
        #expect(world.cell(1).healthySince == nil)
        world.wait(40)
        #expect(try world.advance().blockers.contains { $0.message.contains("newest evidence is bad") })
        try world.run.add(Self.evidence(.good, at: world.now), at: world.now)
        #expect(world.cell(1).healthySince == world.now)
        world.wait(59)
        try world.run.add(Self.evidence(.good, at: world.now), at: world.now)
        try world.advance()
        #expect(world.cell(1).state == .baking)
        world.wait(1)
        try world.advance()
        #expect(world.cell(1).state == .succeeded)
    }

    @Test("time alone bakes nothing: the gate must have seen the bake's end")
    func freshness() throws {
        var world = try Self.baking(Gate(name: "g", measure: .health, interval: .seconds(10)))
        world.wait(1)
        try world.run.add(Self.evidence(.good, at: world.now), at: world.now)
        world.wait(120)
        let step = try world.advance()
        #expect(world.cell(1).state == .baking)
        #expect(step.blockers.contains { $0.message.contains("waits for the gates g") })
        try world.run.add(Self.evidence(.good, at: world.now), at: world.now)
        try world.advance()
        #expect(world.cell(1).state == .succeeded)
    }

    @Test("a gate that never hears anything fails its cell at a deadline, and is named until then")
    func noData() throws {
        var world = try Self.baking(Gate(name: "g", measure: .prometheus(Self.query)))
        world.wait(70)
        try world.run.add(Self.evidence(.missing, at: world.now), at: world.now)
        let step = try world.advance()
        #expect(step.blockers.contains { $0.message.contains("g (no data)") })
        let deadline = try #require(world.cell(1).deadline(world.run.rollout.strategy))
        world.now = deadline
        try world.advance()
        #expect(world.cell(1).state == .rollbackPending)
        #expect(
            world.run.rollout.cause?.kind == .waveFailed || world.run.rollout.cause?.kind == .failureBudget)
    }

    @Test("missing data passes, fails or waits, as the gate says")
    func missing() {
        let time = RolloutWorld.start
        for policy in Gate.OnMissing.allCases {
            let gate = Gate(name: "g", measure: .health, failureThreshold: 2, onMissing: policy)
            var tally = GateTally(gate: "g")
            for second in 1...2 {
                tally.add(
                    Self.evidence(.missing, at: time.advanced(byMilliseconds: Int64(second))), for: gate)
            }
            let expected: GateTally.Verdict =
                switch policy {
                case .wait: .undecided
                case .fail: .failing
                case .pass: .passing
                }
            #expect(tally.verdict(of: gate) == expected)
        }
        let gate = Gate(name: "g", measure: .health)
        var tally = GateTally(gate: "g")
        tally.add(Self.evidence(.good, at: time), for: gate)
        tally.add(Self.evidence(.missing, at: time.advanced(byMilliseconds: 1)), for: gate)
        #expect(tally.verdict(of: gate) == .undecided)
    }

    @Test("evidence about something else, or from before the change, does not count")
    func refusals() throws {
        var world = try Self.baking(Gate(name: "g", measure: .prometheus(Self.query)))
        let changedAt = try #require(world.cell(1).changedAt)
        func refusal(_ evidence: GateEvidence) -> String? {
            do {
                try world.run.add(evidence, at: world.now)
                return nil
            } catch { return error.blockers.first?.id }
        }
        world.wait(3600)
        let late = world.now
        #expect(refusal(Self.evidence(.good, at: late, release: "v1.0.0")) == "anotherRelease")
        #expect(refusal(Self.evidence(.good, at: late, gate: "h")) == "notAboutTheChange")
        #expect(refusal(Self.evidence(.good, at: late, attempt: 2)) == "notAsked")
        #expect(
            refusal(Self.evidence(.good, at: changedAt.advanced(byMilliseconds: 59_999))) == "beforeTheChange"
        )
        #expect(refusal(Self.evidence(.good, at: late.advanced(byMilliseconds: 60_001))) == "fromTheFuture")
        #expect(world.cell(1).tallies.isEmpty)
        #expect(refusal(Self.evidence(.good, at: changedAt.advanced(byMilliseconds: 60_000))) == nil)
        #expect(world.cell(1).tallies.count == 1)
    }

    @Test("the same observation twice counts once")
    func doubles() throws {
        var world = try Self.baking(Gate(name: "g", measure: .health, failureThreshold: 2))
        world.wait(1)
        for _ in 0..<3 { try world.run.add(Self.evidence(.bad, at: world.now), at: world.now) }
        #expect(world.cell(1).tallies.map(\.bad) == [1])
    }

    @Test("a new attempt starts without the evidence of the one before")
    func attempts() throws {
        var world = try Self.baking(Gate(name: "g", measure: .health, failureThreshold: 1))
        world.run.rollout.onFailure = .pause
        world.wait(1)
        try world.run.add(Self.evidence(.bad, at: world.now), at: world.now)
        try world.advance()
        #expect(world.state == .paused)
        try world.retry(1)
        let work = try #require(try world.claim())
        #expect(work.attempt == 2)
        try world.report(work)
        #expect(world.cell(1).tallies.isEmpty)
        #expect(world.cell(1).healthySince == world.now)
    }
}
