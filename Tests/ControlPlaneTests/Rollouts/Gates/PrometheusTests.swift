import Foundation
import HTTPClient
import HTTPTestServer
import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Prometheus")
struct PrometheusTests {
    private func errors(_ query: String, threshold: Double = 0.01) -> JSONValue {
        [
            "name": "errors", "type": "prometheus", "query": .string(query), "comparison": "<",
            "threshold": .number(threshold), "window": "2s",
        ]
    }

    private func measure(
        _ gate: JSONValue, on name: String = "cell-1", by url: String, tokenFile: String? = nil,
        at time: Timestamp = gateTime
    ) async throws -> GateEvidence {
        let settings = try GateSettings(
            prometheus: try PrometheusAddress(url: url, tokenFile: tokenFile))
        return try #require(
            await GateMeter(settings).measure(
                try question(gate, on: name), on: try someCell(name), at: both(time)))
    }

    @Test("a real Prometheus is asked, and what it says is evidence")
    func real() async throws {
        let metrics = """
            # TYPE titan_error_ratio gauge
            titan_error_ratio{cell="cell-1",release="v2",pod="a"} 0.001
            titan_error_ratio{cell="cell-1",release="v2",pod="b"} 0.002
            titan_error_ratio{cell="cell-1",release="v1",pod="c"} 0.9
            titan_error_ratio{cell="cell-2",release="v2",pod="a"} 0.25
            titan_error_ratio{cell="cell-2",release="v2",pod="b"} 0.001
            titan_error_ratio{cell="cell-3",release="v2",pod="a"} NaN
            titan_error_ratio{cell="cell-5",release="v2",pod="a"} -Inf

            """
        try await PrometheusServer.run(metrics) { server async throws in
            let now = Timestamp(rawValue: Int64(Date().timeIntervalSince1970 * 1000))
            func ask(_ query: String, on name: String = "cell-1", at time: Timestamp = now) async throws
                -> GateEvidence
            {
                try await measure(errors(query), on: name, by: server.url, at: time)
            }
            let ratio = #"titan_error_ratio{cell="{{cell}}",release="{{release}}"}"#

            let good = try await ask(ratio)
            #expect((good.outcome, good.observedAt) == (.good, now))
            #expect(good.message.hasSuffix("is < 0.01, in all 2 series"))
            let bad = try await ask(ratio, on: "cell-2")
            #expect((bad.outcome, bad.value) == (.bad, 0.25))
            #expect(bad.message == "0.25 is not < 0.01, in 1 of 2 series")
            let one = try await ask("max(\(ratio))", on: "cell-2")
            #expect(one.message == "0.25 is not < 0.01")
            #expect(try await ask("max_over_time(\(ratio)[{{window}}])").outcome == .good)
            #expect(try await ask("scalar(sum(\(ratio)))").value.map { abs($0 - 0.003) < 1e-9 } == true)
            #expect(try await ask(ratio, on: "cell-5").outcome == .good)

            let nan = try await ask(ratio, on: "cell-3")
            #expect((nan.outcome, nan.message) == (.missing, "The query gives NaN."))
            let none = try await ask(ratio, on: "cell-4")
            #expect((none.outcome, none.message) == (.missing, "The query gives no series."))
            // The time is what the question says, not the server's own.
            let past = now.advanced(byMilliseconds: -3_600_000)
            #expect(try await ask(ratio, at: past).outcome == .missing)

            let wrong = try await ask("titan_error_ratio{cell=\"{{cell}}\"")
            #expect(wrong.outcome == .missing)
            #expect(wrong.message.hasPrefix("Prometheus answered 400: "), "\(wrong.message)")
            let range = try await ask("\(ratio)[1m]")
            #expect(range.outcome == .missing)
            #expect(range.message.contains("a matrix"), "\(range.message)")
            let text = try await ask("\"{{cell}}\"")
            #expect(text.message.contains("a string"), "\(text.message)")
        }
    }

    @Test("the question is a form, with its time and time-out, under the path and token of the operator")
    func request() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try "s3cret-token\n".write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let reply = answer("200 OK", #"{"status":"success","data":{"resultType":"scalar","result":[1,"0"]}}"#)
        try await TestServer.run({ _ in .close(reply) }) { server async throws in
            let evidence = try await measure(
                errors("a{x=\"é &+\"} + {{cell}}"), by: "\(server.url)/prefix/", tokenFile: file.path,
                at: gateTime.advanced(byMilliseconds: 7))
            #expect(evidence.outcome == .good)
            let received = try #require(server.received.first)
            #expect(received.line == "POST /prefix/api/v1/query HTTP/1.1")
            #expect(received.field("content-type") == "application/x-www-form-urlencoded")
            #expect(received.field("authorization") == "Bearer s3cret-token")
            #expect(
                String(decoding: received.body, as: UTF8.self)
                    == "query=a%7Bx%3D%22%C3%A9%20%26%2B%22%7D%20%2B%20cell-1&time=1769860990.007&timeout=5000ms"
            )
        }
    }

    @Test(
        "an answer that is none, partial, or of no single value says nothing",
        arguments: [
            (
                #"{"status":"error","errorType":"timeout","error":"query timed out"}"#, "503",
                "query timed out"
            ),
            ("<html>", "502", "not in its own words"), ("", "200", "not in its own words"),
            (
                #"{"status":"success","warnings":["partial response"],"data":{"resultType":"vector","result":[]}}"#,
                "200", "partial response"
            ),
            (
                #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}"#,
                "200", "histogram"
            ),
            (#"{"status":"success","data":{"resultType":"scalar","result":[1,"many"]}}"#, "200", "single"),
            (#"{"status":"success"}"#, "200", "no result"),
        ])
    func nothing(_ body: String, _ status: String, _ words: String) async throws {
        try await TestServer.run({ _ in .close(answer("\(status) Word", body)) }) { server async throws in
            let evidence = try await measure(errors("{{cell}}"), by: server.url)
            #expect(evidence.outcome == .missing)
            #expect(evidence.message.contains(words), "\(evidence.message)")
        }
    }

    @Test("advice beside an answer does not speak against it")
    func infos() async throws {
        let body = """
            {"status":"success","infos":["metric might not be a counter"],
             "data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.001"]}]}}
            """
        try await TestServer.run({ _ in .close(answer("200 OK", body)) }) { server async throws in
            #expect(try await measure(errors("{{cell}}"), by: server.url).outcome == .good)
        }
    }

    @Test("a Prometheus that does not answer says nothing of the cell")
    func unanswered() async throws {
        var url = ""
        try await TestServer.run({ _ in .hang }) { server async throws in
            url = server.url
            var gate = errors("{{cell}}").object ?? [:]
            gate["timeout"] = "200ms"
            let evidence = try await measure(.object(gate), by: url)
            #expect(evidence.outcome == .missing)
            #expect(evidence.message.contains("took too long"), "\(evidence.message)")
        }
        let gone = try await measure(errors("{{cell}}"), by: url)
        #expect(gone.outcome == .missing)
        #expect(gone.message.contains("Nothing answers"), "\(gone.message)")
        let unread = try await measure(errors("{{cell}}"), by: url, tokenFile: "/nonexistent/token")
        #expect(unread.outcome == .missing)
        #expect(!unread.message.contains("nonexistent"))
    }
}
