import JSON
import Testing

@testable import Telemetry

@Suite("OTLP")
struct OTLPTests {
    private func record(_ status: Span.Status = .unset, parent: SpanID? = nil) -> SpanRecord {
        SpanRecord(
            name: "PUT /v1/cells/{cell}", kind: .server,
            context: TraceContext(
                traceID: TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0x0a), spanID: SpanID(rawValue: 0xb7),
                isSampled: true),
            parent: parent, start: 1_767_225_599_000_000_001, end: 1_767_225_599_250_000_002, status: status)
    }

    @Test("Ids are hex, times and integers are strings, enums are numbers")
    func golden() {
        var span = record(.error("disk full"), parent: SpanID(rawValue: 0xf067_aa0b_a902_b700))
        span.attributes = [
            ("http.route", "/v1/cells/{cell}"), ("http.response.status_code", 507), ("load", .number(0.5)),
            ("dry", .bool(true)),
        ]
        #expect(
            text(OTLP.body([span], serviceName: "titan-control-plane", serviceVersion: "1.0.0"))
                == #"{"resourceSpans":[{"resource":{"attributes":["#
                + #"{"key":"service.name","value":{"stringValue":"titan-control-plane"}},"#
                + #"{"key":"service.version","value":{"stringValue":"1.0.0"}}]},"#
                + #""scopeSpans":[{"scope":{"name":"titan"},"spans":[{"#
                + #""traceId":"4bf92f3577b34da6000000000000000a","spanId":"00000000000000b7","#
                + #""parentSpanId":"f067aa0ba902b700","name":"PUT /v1/cells/{cell}","kind":2,"#
                + #""startTimeUnixNano":"1767225599000000001","endTimeUnixNano":"1767225599250000002","#
                + #""attributes":[{"key":"http.route","value":{"stringValue":"/v1/cells/{cell}"}},"#
                + #"{"key":"http.response.status_code","value":{"intValue":"507"}},"#
                + #"{"key":"load","value":{"doubleValue":0.5}},{"key":"dry","value":{"boolValue":true}}],"#
                + #""status":{"code":2,"message":"disk full"}}]}]}]}"#)
    }

    @Test("What is not there is left out")
    func bare() throws {
        let body = OTLP.body([record(), record(.ok)], serviceName: "a", serviceVersion: "")
        let scope = try JSONValue(parsing: body)["resourceSpans"]?[0]?["scopeSpans"]?[0]
        let spans = try #require(scope?["spans"]?.array)
        #expect(
            spans[0].object?.keys == [
                "traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano",
            ])
        #expect(spans[1]["status"] == ["code": 1])
        #expect(
            try JSONValue(parsing: body)["resourceSpans"]?[0]?["resource"]?["attributes"]?.array?.count == 1)
    }

    @Test("Texts over 2 KB are cut")
    func cut() throws {
        let long = String(repeating: "x", count: 3000)
        var span = record(.error(long))
        span.attributes = [("a", .string(long))]
        let body = OTLP.body([span], serviceName: "a", serviceVersion: "")
        let written = try JSONValue(parsing: body)["resourceSpans"]?[0]?["scopeSpans"]?[0]?["spans"]?[0]
        #expect(written?["status"]?["message"]?.string?.utf8.count == 2048)
        #expect(written?["attributes"]?[0]?["value"]?["stringValue"]?.string?.utf8.count == 2048)
    }

    @Test(
        "A partial success says how many spans were refused",
        arguments: [
            ("{}", 0), ("", 0), ("[]", 0), (#"{"partialSuccess":{}}"#, 0),
            (#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}"#, 3),
            (#"{"partialSuccess":{"rejectedSpans":3}}"#, 3),
            (#"{"partialSuccess":{"rejectedSpans":"x"}}"#, 0),
        ])
    func rejected(answer: String, count: Int) {
        #expect(OTLP.rejectedSpans(Array(answer.utf8)) == count)
    }
}
