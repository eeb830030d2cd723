import Logging
import Testing

@testable import Telemetry

@Suite("Tracer")
struct TracerTests {
    private let sampled = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")!
    private let unsampled = TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")!

    /// Nothing listens there.
    private func tracer(ratio: Double) throws -> Tracer {
        var configuration = try #require(TraceConfiguration(endpoint: "http://127.0.0.1:1"))
        configuration.sampleRatio = ratio
        return Tracer(configuration, metrics: Metrics(), logger: silent)
    }

    @Test("The caller's flag decides, whatever the ratio")
    func parent() throws {
        let tracer = try tracer(ratio: 0)
        let span = try #require(tracer.span("getCell", .server, parent: sampled))
        #expect(span.context.traceID == sampled.traceID)
        #expect(span.context.spanID != sampled.spanID)
        #expect(span.context.isSampled)
        #expect(span.record.parent == sampled.spanID)
        #expect(try self.tracer(ratio: 1).span("getCell", .server, parent: unsampled) == nil)
    }

    @Test("Without a caller the ratio decides")
    func ratio() throws {
        let (all, none, some) = try (tracer(ratio: 1), tracer(ratio: 0), tracer(ratio: 0.01))
        #expect((0..<1000).allSatisfy { _ in all.span("a", .server) != nil })
        #expect((0..<1000).allSatisfy { _ in none.span("a", .server) == nil })
        let count = (0..<100_000).count { _ in some.span("a", .server) != nil }
        // 1,000 with a standard deviation of 31.
        #expect((800...1200).contains(count))
    }

    @Test("A child is of its parent's trace")
    func child() throws {
        let span = try #require(tracer(ratio: 1).span("getCell", .server))
        #expect(span.record.parent == nil)
        let child = span.child("commit")
        #expect(child.context.traceID == span.context.traceID)
        #expect(child.record.parent == span.context.spanID)
        #expect(child.record.kind == .inside)
    }

    @Test("Without an endpoint there are no spans, and nothing to shut down")
    func off() {
        let tracer = Tracer(nil, metrics: Metrics(), logger: silent)
        #expect(tracer.span("getCell", .server, parent: sampled) == nil)
        #expect(tracer.shutdown(within: .zero))
    }

    @Test("The port of gRPC is warned of, with the port to use, and no other")
    func warning() async throws {
        for (port, isWarned) in [(4317, true), (4318, false)] {
            let lines = try await logged { output in
                let logger = Logger(label: "traces") {
                    JSONLogHandler(label: $0, level: .info, output: output)
                }
                let configuration = try #require(TraceConfiguration(endpoint: "http://127.0.0.1:\(port)"))
                Tracer(configuration, metrics: Metrics(), logger: logger).shutdown(within: .seconds(10))
            }
            #expect(lines.contains("is on 4318") == isWarned)
            #expect(lines.contains(#""level":"warning""#) == isWarned)
        }
    }
}
