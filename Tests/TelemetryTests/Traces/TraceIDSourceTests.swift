import Testing

@testable import Telemetry

@Suite("TraceIDSource")
struct TraceIDSourceTests {
    @Test("Many threads at once get no id twice")
    func unique() async {
        let source = TraceIDSource()
        let ids = await withTaskGroup(of: [SpanID].self) { group in
            for _ in 0..<8 { group.addTask { (0..<5000).map { _ in source.spanID() } } }
            return await group.reduce(into: Set<SpanID>()) { $0.formUnion($1) }
        }
        #expect(ids.count == 40_000)
        #expect(!ids.contains(SpanID(rawValue: 0)))
    }

    @Test("Two sources give different ids")
    func sources() {
        #expect(TraceIDSource().traceID() != TraceIDSource().traceID())
    }

    @Test("Draws are spread over the whole range")
    func spread() {
        let source = TraceIDSource()
        let low = (0..<100_000).count { _ in source.next() < UInt64.max / 4 }
        // 25,000 with a standard deviation of 137.
        #expect((24_000...26_000).contains(low))
    }
}
