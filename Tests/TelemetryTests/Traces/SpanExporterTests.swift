import JSON
import Logging
import Testing

@testable import Telemetry

@Suite("SpanExporter")
struct SpanExporterTests {
    private let metrics = Metrics()

    private func tracer(
        _ endpoint: String, batch: Int = 512, queue: Int = 2048, interval: Double = 3600,
        logger: Logger = silent
    ) throws -> Tracer {
        var configuration = try #require(TraceConfiguration(endpoint: endpoint))
        configuration.sampleRatio = 1
        configuration.batchSpansMax = batch
        configuration.queueSpansMax = queue
        configuration.intervalSeconds = interval
        return Tracer(configuration, metrics: metrics, logger: logger)
    }

    private func end(_ names: String..., by tracer: Tracer) {
        for name in names { tracer.span(name, .server)?.end() }
    }

    private func names(_ collector: Collector) throws -> [String?] {
        try collector.spans().map { $0["name"]?.string }
    }

    @Test("A shutdown delivers what has ended, as a collector wants it")
    func delivers() throws {
        let collector = try Collector()
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint)
        var span = try #require(tracer.span("putCell", .server))
        span["http.response.status_code"] = 201
        let child = span.child("commit")
        let (context, childID) = (span.context, child.context.spanID)
        child.end()
        span.end()
        #expect(tracer.shutdown(within: .seconds(10)))

        let request = try #require(collector.received.first)
        #expect(request.head.hasPrefix("post /v1/traces http/1.1"))
        #expect(request.head.contains("content-type: application/json"))
        let spans = try collector.spans()
        #expect(spans.map { $0["name"]?.string } == ["commit", "putCell"])
        #expect(spans.allSatisfy { $0["traceId"]?.string == context.traceID.description })
        #expect(spans[0]["spanId"]?.string == childID.description)
        #expect(spans[0]["parentSpanId"]?.string == context.spanID.description)
        #expect(spans[0]["kind"] == 1)
        #expect(spans[1]["kind"] == 2)
        #expect(spans[1]["parentSpanId"] == nil)
        for span in spans {
            let start = try #require(span["startTimeUnixNano"]?.string.flatMap { UInt64($0) })
            let end = try #require(span["endTimeUnixNano"]?.string.flatMap { UInt64($0) })
            #expect(start <= end && start > 1_700_000_000_000_000_000)
        }
        #expect(metrics.spansExported.value == 2)
        #expect(metrics.spansDropped.value == 0)
        #expect(metrics.spanExportFailures.value == 0)
    }

    @Test("A full batch is sent at once, a part of one when the interval is over")
    func batches() async throws {
        let collector = try Collector()
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint, batch: 3)
        end("a", "b", "c", by: tracer)
        #expect(try await eventually { metrics.spansExported.value == 3 })
        #expect(try names(collector) == ["a", "b", "c"])
        tracer.shutdown(within: .seconds(10))

        let quick = try self.tracer(collector.endpoint, interval: 0.01)
        end("d", by: quick)
        #expect(try await eventually { metrics.spansExported.value == 4 })
        #expect(quick.shutdown(within: .seconds(10)))
    }

    @Test("A long queue goes out in batches")
    func manyBatches() throws {
        let collector = try Collector()
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint, batch: 100)
        for _ in 0..<950 { end("a", by: tracer) }
        #expect(tracer.shutdown(within: .seconds(10)))
        #expect(try collector.spans().count == 950)
        #expect(collector.received.count >= 10)
        #expect(metrics.spansExported.value == 950)
    }

    @Test("A batch that the collector can't take goes with the next one, and a second failure drops it")
    func retries() async throws {
        let collector = try Collector { .status($0 < 3 && $0 != 1 ? 503 : $0 == 1 ? 429 : 200) }
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint, batch: 2)
        end("a", "b", by: tracer)
        #expect(try await eventually { metrics.spanExportFailures.value == 1 })
        #expect(metrics.spansDropped.value == 0)
        end("c", "d", by: tracer)
        #expect(try await eventually { metrics.spanExportFailures.value == 2 })
        #expect(metrics.spansDropped.value == 2)
        end("e", "f", by: tracer)
        #expect(try await eventually { metrics.spanExportFailures.value == 3 })
        end("g", "h", by: tracer)
        #expect(try await eventually { metrics.spansExported.value == 4 })
        #expect(
            try names(collector) == ["a", "b", "a", "b", "c", "d", "c", "d", "e", "f", "e", "f", "g", "h"])
        #expect(metrics.spansDropped.value == 4)
        #expect(tracer.shutdown(within: .seconds(10)))
    }

    @Test("What the collector refuses for good is not sent again")
    func refused() async throws {
        let collector = try Collector { .status($0 == 0 ? 400 : 200) }
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint, batch: 2)
        end("a", "b", by: tracer)
        #expect(try await eventually { metrics.spansDropped.value == 2 })
        end("c", by: tracer)
        #expect(tracer.shutdown(within: .seconds(10)))
        #expect(try names(collector) == ["a", "b", "c"])
        #expect(metrics.spansExported.value == 1)
    }

    @Test("Spans that the collector rejects within a success are counted as dropped")
    func partialSuccess() throws {
        let collector = try Collector { _ in .status(200, body: #"{"partialSuccess":{"rejectedSpans":"1"}}"#)
        }
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint)
        end("a", "b", "c", by: tracer)
        #expect(tracer.shutdown(within: .seconds(10)))
        #expect(metrics.spansExported.value == 2)
        #expect(metrics.spansDropped.value == 1)
    }

    @Test("A full queue drops what comes, and counts it; a collector that is down harms nobody")
    func drops() throws {
        let collector = try Collector()
        collector.stop()
        let tracer = try tracer(collector.endpoint, batch: 100, queue: 4)
        for _ in 0..<10 { end("a", by: tracer) }
        #expect(metrics.spansDropped.value == 6)
        #expect(tracer.shutdown(within: .seconds(10)))
        #expect(metrics.spansDropped.value == 10)
        #expect(metrics.spansExported.value == 0)
        #expect(metrics.spanExportFailures.value == 1)
        end("late", by: tracer)
        #expect(metrics.spansDropped.value == 11)
    }

    @Test("A collector that is down is logged once, and once when it is back")
    func logs() async throws {
        let collector = try Collector { .status($0 < 3 ? 503 : 200) }
        defer { collector.stop() }
        let lines = try await logged { output in
            let logger = Logger(label: "traces") { JSONLogHandler(label: $0, level: .info, output: output) }
            let tracer = try tracer(collector.endpoint, batch: 1, logger: logger)
            for number in 1...3 {
                end("a", by: tracer)
                #expect(try await eventually { metrics.spanExportFailures.value == number })
            }
            end("a", by: tracer)
            #expect(try await eventually { metrics.spansExported.value == 2 })
            #expect(tracer.shutdown(within: .seconds(10)))
        }
        let messages = try lines.split(separator: "\n")
            .map { try JSONValue(parsing: Array($0.utf8))["message"]?.string }
        #expect(messages == ["Traces can't be exported", "Traces are exported again"])
    }

    @Test("A shutdown waits no longer than it may")
    func silence() throws {
        let collector = try Collector { _ in .silence }
        let tracer = try tracer(collector.endpoint)
        end("a", by: tracer)
        #expect(!tracer.shutdown(within: .milliseconds(20)))
        // The call in flight is given up soon after, and the thread ends.
        collector.stop()
        #expect(tracer.shutdown(within: .seconds(10)))
        #expect(tracer.shutdown(within: .zero))
        #expect(metrics.spansDropped.value == 1)
    }

    @Test("Spans end on many threads at once, and none is lost or sent twice")
    func concurrent() async throws {
        let collector = try Collector()
        defer { collector.stop() }
        let tracer = try tracer(collector.endpoint, batch: 50, queue: 100_000, interval: 0.01)
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<500 { tracer.span("a", .server)?.end() } } }
        }
        #expect(tracer.shutdown(within: .seconds(30)))
        let ids = try collector.spans().map { $0["spanId"]?.string }
        #expect(ids.count == 4000)
        #expect(Set(ids).count == 4000)
        #expect(metrics.spansExported.value == 4000)
    }

    @Test("A tracer that is let go ends its thread")
    func letGo() async throws {
        var tracer: Tracer? = try tracer("http://127.0.0.1:1")
        weak let exporter = tracer?.exporter
        #expect(exporter != nil)
        tracer = nil
        #expect(try await eventually { exporter == nil })
    }
}
