import Glibc
import Testing

@testable import Telemetry

@Test("The kernel's figures of this process are there and plausible")
func processMetrics() throws {
    let registry = MetricRegistry()
    ProcessMetrics.declare(in: registry)
    let rendered = text(registry.render(openMetrics: false))
    var figures: [String: Double] = [:]
    for line in rendered.split(separator: "\n") where !line.hasPrefix("#") {
        let words = line.split(separator: " ")
        figures[String(words[0])] = Double(words[1])
    }
    #expect(try #require(figures["process_resident_memory_bytes"]) > 1_000_000)
    #expect(try #require(figures["process_cpu_seconds_total"]) > 0)
    #expect(try #require(figures["process_open_fds"]) >= 3)
    #expect(try #require(figures["process_max_fds"]) >= 64)
    let start = try #require(figures["process_start_time_seconds"])
    #expect(start > 1_700_000_000 && start < Double(time(nil)) + 2)
}
