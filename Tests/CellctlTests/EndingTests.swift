import HTTPClient
import Testing

@testable import cellctl

@Suite struct EndingTests {
    @Test(
        "each HTTP status has its exit code",
        arguments: [
            (400, 1), (401, 5), (403, 5), (404, 3), (405, 1), (409, 4), (410, 1), (412, 4), (413, 1),
            (422, 4),
            (429, 1), (500, 9), (501, 9), (503, 9), (507, 9),
        ])
    func statuses(http: Int, exit: Int32) {
        #expect(CommandFailure.problem(Problem(status: http, body: [])).ending.rawValue == exit)
    }

    @Test("what is not an answer has its exit code too")
    func others() {
        #expect(CommandFailure(ClientError.couldNotConnect("")).ending == .unreachable)
        #expect(CommandFailure(ClientError.timedOut("")).ending == .unreachable)
        #expect(CommandFailure(ClientError.tls("")).ending == .unreachable)
        #expect(CommandFailure(ClientError.badURL("")).ending == .usage)
        #expect(CommandFailure(ClientError.stopped(CommandFailure.usage("x"))).ending == .usage)
        #expect(CommandFailure.timedOut("").ending.rawValue == 7)
        #expect(CommandFailure.incomplete("", .partial).ending.rawValue == 8)
        #expect(CommandFailure.notFound("").ending.rawValue == 3)
    }

    @Test("the numbers are fixed, and the help names each")
    func help() {
        #expect(Ending.allCases.map(\.rawValue) == Array(0...14))
        for status in Ending.allCases {
            #expect(Ending.help.contains("  \(status.rawValue)".padded(to: 7) + status.meaning))
        }
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: " ", count: count - self.count)
    }
}
