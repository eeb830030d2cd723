import JSON
import Testing

@testable import cellctl

@Suite struct OperationProgressTests {
    private static let operation = Operation([
        "id": "op-1", "kind": "drain", "resource": "/v1/cells/cell-7", "state": "running", "done": false,
        "intent": "run", "progress": ["total": 200, "completed": 97, "failed": 3, "inFlight": 20],
        "deadline": "2026-01-31T12:41:00Z",
        "blockers": [["kind": "gateway", "id": "gw-12", "message": "silent for 12s"]],
    ])

    private static func batch(_ number: Int64, _ state: String, _ waitingFor: [JSONValue] = []) -> JSONValue {
        [
            "number": .integer(number), "state": .string(state), "source": "cell-7", "frozenFor": "412ms",
            "barrier": ["heldBy": "gateways", "waitingFor": .array(waitingFor)],
        ]
    }

    private static func progress(_ batches: [JSONValue], rate: Double? = 12.5) -> OperationProgress {
        OperationProgress(operation: operation, batches: batches, rate: rate, now: Terminal.noon)
    }

    @Test(
        "a terminal gets the bar, the rate, the time left, the batches, whom they wait for, and the blockers")
    func lines() {
        let batches = [
            Self.batch(1, "reversible", ["gw-9"]), Self.batch(2, "freezing", ["gw-12", ["id": "gw-13"]]),
            Self.batch(3, "copying"), Self.batch(4, "copying"), Self.batch(5, "planned"),
        ]
        #expect(
            Self.progress(batches).lines(width: 100, noPaint).joined(separator: "\n") == """
                drain of cell-7 (op-1): running, deadline in 41m
                 50% [##########----------] 97 of 200 moved, 3 failed, 13/s, 8s left
                batches: 1 of 5 through, 2 copying, 1 freezing
                batch 2 freezing, frozen for 412ms, waits for gw-12, gw-13
                blocked by gateway 'gw-12': silent for 12s
                """)
    }

    @Test("work in steps has no time left to tell, but when its last step begins")
    func steps() {
        var (next, last) = (Self.batch(2, "planned"), Self.batch(3, "planned"))
        next = next.applyingMergePatch(["notBefore": "2026-01-31T12:00:20Z"])
        last = last.applyingMergePatch(["notBefore": "2026-01-31T12:01:20Z"])
        let line = Self.progress([Self.batch(1, "reversible"), next, last], rate: 3).line()
        #expect(line.contains("50% 97 of 200 moved, 3 failed, the last step begins in 80s; "), "\(line)")
        #expect(!line.contains("left") && !line.contains("/s"))
    }

    @Test("what is paused or being cancelled has no rate, and no time left", arguments: ["pause", "cancel"])
    func halted(intent: String) {
        let halted = Operation(Self.operation.document.applyingMergePatch(["intent": .string(intent)]))
        let line = OperationProgress(operation: halted, batches: [], rate: 12.5, now: Terminal.noon).line()
        #expect(line.contains("50% 97 of 200 moved, 3 failed; blocked by"), "\(line)")
    }

    @Test("a pipe gets the same in one line")
    func line() {
        #expect(
            Self.progress([Self.batch(1, "cutover")]).line()
                == "drain of cell-7 (op-1) running; 50% 97 of 200 moved, 3 failed, 13/s, 8s left; "
                + "batches: 0 of 1 through, 1 cutover; blocked by gateway 'gw-12': silent for 12s")
    }

    @Test("no line is wider than the terminal, and no list longer than three and a count")
    func small() {
        let batches = (1...20).map { Self.batch($0, "freezing", ["a-gateway-with-a-long-name"]) }
        let lines = Self.progress(batches).lines(width: 40, noPaint)
        #expect(lines.allSatisfy { $0.count <= 39 })
        #expect(lines.count == 8)
        #expect(lines[6] == "… and 17 more")
    }

    @Test("that time passes is no news; that something moved is")
    func essence() {
        #expect(Self.progress([], rate: 1).essence == Self.progress([], rate: 2).essence)
        #expect(Self.progress([Self.batch(1, "planned")]).essence != Self.progress([]).essence)
    }
}
