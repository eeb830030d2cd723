import HTTPClient
import Testing

@testable import cellctl

@Suite struct RetryPolicyTests {
    @Test("a GET and a POST are made again after a failed connection and a 503, three times, ever later")
    func repeatable() {
        for method in ["GET", "POST"] {
            let outcomes: [RetryPolicy.Outcome] = [
                .failure(.couldNotConnect("")), .failure(.couldNotResolve("")), .failure(.closed("")),
                .answer(status: 503, code: "overloaded", retryAfter: nil),
            ]
            for outcome in outcomes {
                let delays = (0...3).map {
                    RetryPolicy.delay(beforeRetryAfter: $0, of: method, outcome, random: 1)
                }
                #expect(delays == [.milliseconds(200), .milliseconds(400), .milliseconds(800), nil])
                #expect(
                    RetryPolicy.delay(beforeRetryAfter: 0, of: method, outcome, random: 0)
                        == .milliseconds(100))
            }
        }
    }

    @Test(
        "a write without a key is made again only where it never arrived",
        arguments: ["PUT", "PATCH", "DELETE"])
    func others(method: String) {
        func isRetried(_ outcome: RetryPolicy.Outcome) -> Bool {
            RetryPolicy.delay(beforeRetryAfter: 0, of: method, outcome, random: 1) != nil
        }
        #expect(isRetried(.failure(.couldNotConnect(""))))
        #expect(!isRetried(.failure(.closed(""))))
        #expect(!isRetried(.failure(.timedOut(""))))
        #expect(!isRetried(.answer(status: 503, code: nil, retryAfter: "1")))
    }

    @Test(
        "Retry-After is kept, but nobody waits for ever",
        arguments: [("2", 2.0), ("100000", 30), ("soon", 0.2), ("-5", 0.2)])
    func retryAfter(text: String, seconds: Double) {
        let outcome = RetryPolicy.Outcome.answer(status: 503, code: nil, retryAfter: text)
        #expect(RetryPolicy.delay(beforeRetryAfter: 0, of: "GET", outcome, random: 1)?.seconds == seconds)
    }

    @Test("other answers and a time that is up are final", arguments: [400, 404, 409, 412, 429, 500, 507])
    func final(status: Int) {
        let outcome = RetryPolicy.Outcome.answer(status: status, code: "other", retryAfter: nil)
        #expect(RetryPolicy.delay(beforeRetryAfter: 0, of: "GET", outcome, random: 1) == nil)
        #expect(RetryPolicy.delay(beforeRetryAfter: 0, of: "GET", .failure(.timedOut("")), random: 1) == nil)
    }

    @Test("a retry that finds its first try still running waits for it")
    func stillRunning() {
        let outcome = RetryPolicy.Outcome.answer(status: 409, code: "idempotencyKeyInUse", retryAfter: nil)
        #expect(RetryPolicy.delay(beforeRetryAfter: 0, of: "POST", outcome, random: 1) == nil)
        #expect(RetryPolicy.delay(beforeRetryAfter: 1, of: "POST", outcome, random: 1) == .seconds(1))
    }
}
