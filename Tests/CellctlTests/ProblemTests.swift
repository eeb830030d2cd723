import JSON
import Testing

@testable import cellctl

@Suite struct ProblemTests {
    @Test("a problem is told with its fields, blockers, next steps and request id, a line each")
    func everything() {
        let document: JSONValue = [
            "status": 409, "code": "inUse", "title": "In use", "detail": "The cell 'c' still has 3 tenants.",
            "requestId": "r-1", "errors": [["field": "zone", "message": "is required"]],
            "blockers": [["kind": "cell", "id": "c", "message": "serves 3 tenants"]],
            "nextSteps": ["move them away", "GET /v1/tenants?cell=c"],
        ]
        #expect(
            Problem(status: 409, body: document.encoded()).lines(noPaint).joined(separator: "\n") == """
                error: The cell 'c' still has 3 tenants. (inUse)
                  field 'zone': is required
                  blocked by cell 'c': serves 3 tenants
                  next: move them away
                  next: GET /v1/tenants?cell=c
                  request id: r-1
                """)
    }

    @Test("an answer that is no problem document is still told")
    func foreign() {
        let lines = Problem(status: 502, body: Array("<html>".utf8)).lines(noPaint)
        #expect(
            lines == [
                "error: The server answered 502 without saying why; is this the control plane's address? (unknown)"
            ])
    }

    @Test("a control plane that is not ready says what it is doing")
    func health() {
        let problem = Problem(status: 503, body: Array(#"{"status":"starting"}"#.utf8))
        #expect(problem.lines(noPaint) == ["error: The control plane is not ready: starting. (notReady)"])
    }

    @Test("only the word error is red")
    func colour() {
        let problem = Problem(status: 404, body: Array(#"{"code":"notFound","detail":"No."}"#.utf8))
        #expect(problem.lines(Paint(enabled: true)) == ["\u{1B}[31merror:\u{1B}[0m No. (notFound)"])
    }
}
