import Testing

@testable import Telemetry

@Suite("ExpositionWriter")
struct ExpositionWriterTests {
    @Test("Backslashes and line breaks are escaped in help texts, quotes only in OpenMetrics")
    func help() {
        var prometheus = ExpositionWriter(openMetrics: false)
        prometheus.begin("a", "a \"b\" \\ c\nd", .gauge)
        #expect(text(prometheus.bytes) == "# HELP a a \"b\" \\\\ c\\nd\n# TYPE a gauge\n")
        var openMetrics = ExpositionWriter(openMetrics: true)
        openMetrics.begin("a", "a \"b\" \\ c\nd", .gauge)
        #expect(text(openMetrics.bytes) == "# HELP a a \\\"b\\\" \\\\ c\\nd\n# TYPE a gauge\n")
    }

    @Test("Quotes, backslashes and line breaks are escaped in the values of labels")
    func labels() {
        #expect(labelText([("zone", "é\"\\\n\r"), ("state", "")]) == "zone=\"é\\\"\\\\\\n\r\",state=\"\"")
    }

    @Test(
        "A name is letters, digits and underscores, and begins with no digit",
        arguments: [("a_1", true), ("_A", true), ("1a", false), ("", false), ("a:b", false), ("é", false)])
    func names(name: String, isName: Bool) {
        #expect(isMetricName(name) == isName)
    }
}
