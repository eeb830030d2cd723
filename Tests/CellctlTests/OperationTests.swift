import JSON
import Testing

@testable import cellctl

@Suite struct OperationTests {
    @Test(
        "an operation is called by its kind and what it is of",
        arguments: [
            ("drain", "/v1/cells/cell-7", "drain of cell-7"), ("rebalance", "/v1/rebalance", "rebalance"),
            ("migration", "", "migration"), ("evacuation", "/v1/zones/us%20east", "evacuation of us east"),
            ("drain", "/v1/cells/a%1B%zz", "drain of a\\u{1b}%zz"),
        ])
    func title(kind: String, resource: String, title: String) {
        #expect(
            Operation(["kind": .string(kind), "resource": .string(resource)]).title == title)
    }

    @Test(
        "what was asked of it and is not so yet is said beside its state",
        arguments: [
            ("running", "run", "running"), ("running", "cancel", "running, cancelling"),
            ("running", "pause", "running, pausing"), ("paused", "pause", "paused"),
            ("paused", "run", "paused, resuming"), ("paused", "cancel", "paused, cancelling"),
        ])
    func standing(state: String, intent: String, standing: String) {
        #expect(
            Operation(["state": .string(state), "intent": .string(intent), "done": false]).standing
                == standing)
    }

    @Test(
        "how it ended decides the exit code of who waited for it",
        arguments: [("succeeded", 0), ("failed", 10), ("cancelled", 11), ("exploded", 10)])
    func endings(state: String, code: Int32) {
        let operation = Operation(["state": .string(state), "intent": "cancel", "done": true])
        #expect(operation.ending.rawValue == code)
        #expect(operation.standing == state)
    }
}
