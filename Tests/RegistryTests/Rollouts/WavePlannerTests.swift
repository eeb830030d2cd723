import JSON
import TestRandom
import Testing

@testable import Registry

@Suite("Waves")
struct WavePlannerTests {
    private static func plan(
        _ strategy: String, selector: String = "{}", _ candidates: [WavePlanner.Candidate]
    ) throws -> RolloutPlan {
        let text = #"{"release":"v1","selector":\#(selector),"strategy":\#(strategy)}"#
        return try WavePlanner.plan(
            RolloutRequest(document: JSONValue(parsing: Array(text.utf8))), among: candidates)
    }

    private static func sizes(_ strategy: String, of cells: Int) throws -> [Int] {
        try plan(strategy, RolloutWorld.candidates(cells)).waves.map(\.cells.count)
    }

    @Test(
        "each wave says how many cells are on the release at its end, rounded up; the rest is a last wave",
        arguments: [
            (#"{"canary":["cell-1"],"waves":["10%","50%","100%"]}"#, 500, [1, 49, 200, 250]),
            ("{}", 500, [1, 49, 200, 250]),
            ("{}", 3, [1, 1, 1]),
            (#"{"waves":[1,10,"50%"]}"#, 25, [1, 9, 3, 12]),
            (#"{"waves":["10%"]}"#, 25, [3, 22]),
            (#"{"waves":[1000]}"#, 4, [4]),
            (#"{"canary":["cell-2","cell-1"],"waves":["100%"]}"#, 5, [2, 3]),
        ])
    func sizes(_ strategy: String, _ cells: Int, _ expected: [Int]) throws {
        #expect(try Self.sizes(strategy, of: cells) == expected)
    }

    @Test("every selected cell is in one wave, whatever the strategy", arguments: SeededRandom.seeds)
    func complete(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 1...60, using: &random)
            var waves: [WaveSpec] = []
            var percent: Int64 = 0
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                percent += Int64.random(in: 1...3000, using: &random)
                waves.append(
                    random.isOne(in: 4)
                        ? .zone(["a", "b", "c"].randomElement(using: &random)!)
                        : .upTo(.percent(Percentage(basisPoints: min(percent, 10_000))!)))
            }
            if count < 3 { waves.removeAll { if case .zone = $0 { true } else { false } } }
            let canary =
                random.isOne(in: 2) ? [CellID("cell-\(Int.random(in: 1...count, using: &random))")!] : []
            let strategy = RolloutStrategy(
                canary: canary, waves: waves.isEmpty ? nil : waves, zoneAtATime: random.isOne(in: 3))
            let plan = try WavePlanner.plan(
                RolloutRequest(release: ReleaseName("v1")!, strategy: strategy),
                among: RolloutWorld.candidates(count))
            let planned = plan.waves.flatMap(\.cells).map(\.cell)
            #expect(planned.count == count && Set(planned).count == count, "seed \(seed)")
            #expect(plan.waves.allSatisfy { !$0.cells.isEmpty }, "seed \(seed)")
            if let first = canary.first { #expect(planned.first == first, "seed \(seed)") }
            if strategy.zoneAtATime {
                #expect(plan.waves.allSatisfy { Set($0.cells.map(\.zone)).count == 1 }, "seed \(seed)")
            }
        }
    }

    @Test("zones take turns, and within a zone numbers in names count as numbers")
    func order() throws {
        let plan = try Self.plan(#"{"waves":["100%"]}"#, RolloutWorld.candidates(12).shuffled())
        let names = plan.waves[0].cells.map(\.cell.rawValue)
        #expect(names == (1...12).map { "cell-\($0)" })
        #expect(CellID("cell-9")!.isBefore(CellID("cell-10")!))
        #expect(!CellID("cell-10")!.isBefore(CellID("cell-9")!))
        #expect(CellID("a-1")!.isBefore(CellID("a-1b")!) && CellID("a1")!.isBefore(CellID("b")!))
    }

    @Test("a zone can be a wave, and with one zone at a time none has two")
    func zones() throws {
        let cells = RolloutWorld.candidates(9)
        let named = try Self.plan(#"{"canary":["cell-2"],"waves":[{"zone":"b"},"100%"]}"#, cells)
        #expect(named.waves.map { Set($0.cells.map(\.zone)).sorted() } == [["b"], ["b"], ["a", "c"]])
        let one = try Self.plan(#"{"waves":["40%","100%"],"zoneAtATime":true}"#, cells)
        #expect(one.waves.map { Set($0.cells.map(\.zone)).sorted() } == [["a"], ["b"], ["b"], ["c"]])
        #expect(one.waves.map(\.cells.count) == [3, 1, 2, 3])
    }

    @Test("what the strategy says to no effect is a warning, and so is what a rollback could not know")
    func warnings() throws {
        var cells = RolloutWorld.candidates(3)
        cells[1].before = CellVersions(["order-service": ServiceVersion()])
        let plan = try Self.plan(#"{"canary":["cell-1"],"waves":[1,{"zone":"a"},"100%"]}"#, cells)
        #expect(plan.warnings.count == 3)
        #expect(plan.warnings[2].contains("cell-2"))
        #expect(plan.waves.count == 2)
    }

    @Test("the preview says of each cell what would become of it, and why")
    func verdicts() throws {
        var cells = RolloutWorld.candidates(5)
        cells[1].facts = CellFacts(state: .draining)
        cells[2].facts = CellFacts(state: .active, runsAlready: true)
        cells[3].facts.holds = [Blocker(kind: "backup", id: "b", message: "a backup runs")]
        cells[4].takenBy = RolloutID("rollout-bbbbbbbbbbbb")
        let plan = try Self.plan(#"{"waves":["100%"]}"#, cells)
        #expect(plan.waves[0].cells.map(\.verdict) == [.change, .skip, .skip, .wait, .refused])
        #expect(plan.waves[0].cells[1].why == "the cell is being drained")
        #expect(plan.waves[0].cells[3].why == "a backup runs")
        let document = plan.document
        #expect(document["waves"]?[0]?["cells"]?[4]?["why"]?.string == "is in rollout-bbbbbbbbbbbb")
        do {
            try plan.checkFree()
            Issue.record("was free")
        } catch {
            #expect(error.code == .inUse)
            #expect(error.blockers.map(\.id) == ["rollout-bbbbbbbbbbbb"])
        }
    }

    @Test("the selector narrows by zone, label and name; retired cells are taken only where they are named")
    func selector() throws {
        var cells = RolloutWorld.candidates(6)
        cells[5].cell.state = .retired
        cells[5].facts.state = .retired
        func names(_ selector: String) throws -> [String] {
            try Self.plan(#"{"waves":["100%"]}"#, selector: selector, cells)
                .waves.flatMap(\.cells).map(\.cell.rawValue)
        }
        #expect(try names("{}").count == 5)
        #expect(try names(#"{"zones":["b"]}"#) == ["cell-2", "cell-5"])
        #expect(try names(#"{"labels":{"ring":"canary"}}"#) == ["cell-1", "cell-2"])
        #expect(try names(#"{"cells":["cell-6","cell-1"]}"#) == ["cell-1", "cell-6"])
    }

    @Test("cells and zones that are not there, and a selector that takes none, are refused")
    func refused() {
        func code(_ strategy: String, _ selector: String = "{}") -> ErrorCode? {
            do {
                _ = try Self.plan(strategy, selector: selector, RolloutWorld.candidates(3))
                return nil
            } catch { return (error as? RegistryError)?.code }
        }
        #expect(code(#"{"canary":["cell-9"]}"#) == .notFound)
        #expect(code("{}", #"{"cells":["cell-9"]}"#) == .notFound)
        #expect(code("{}", #"{"zones":["z"]}"#) == .stateConflict)
        #expect(code(#"{"waves":[{"zone":"z"}]}"#) == .invalidArgument)
        #expect(code(#"{"canary":["cell-2"]}"#, #"{"zones":["a"]}"#) == .invalidArgument)
    }
}
