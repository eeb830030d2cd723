import Testing

@testable import Telemetry

@Suite("MetricRegistry")
struct MetricRegistryTests {
    private func registry() -> MetricRegistry {
        let registry = MetricRegistry()
        registry.counter("requests_total", "Requests.").add(3)
        registry.counter("cpu_seconds_total", "CPU time.") { 1.25 }
        registry.counters("errors_total", "Errors.", labels: ["code"])["quo\"te"].add()
        registry.gauge("connections", "Open \\ connections.").set(-2)
        registry.gauge("ratio", "A ratio.") { .infinity }
        registry.gauge("unreadable", "Not there.") { nil }
        registry.gauges("cells", "Cells.", labels: ["zone", "state"])["us-east-1a", "active"].set(500)
        let duration = registry.histogram("duration_seconds", "Durations.", .seconds([0.01, 1]))
        for nanoseconds in [5_000_000, 10_000_000, 500_000_000, 2_000_000_000] as [UInt64] {
            duration.record(nanoseconds: nanoseconds)
        }
        registry.histograms("size_bytes", "Sizes.", labels: ["kind"], .bytes([1024]))["a"].record(4096)
        return registry
    }

    @Test("The Prometheus text format")
    func prometheus() {
        #expect(
            text(registry().render(openMetrics: false)) == #"""
                # HELP requests_total Requests.
                # TYPE requests_total counter
                requests_total 3
                # HELP cpu_seconds_total CPU time.
                # TYPE cpu_seconds_total counter
                cpu_seconds_total 1.25
                # HELP errors_total Errors.
                # TYPE errors_total counter
                errors_total{code="quo\"te"} 1
                # HELP connections Open \\ connections.
                # TYPE connections gauge
                connections -2
                # HELP ratio A ratio.
                # TYPE ratio gauge
                ratio +Inf
                # HELP unreadable Not there.
                # TYPE unreadable gauge
                # HELP cells Cells.
                # TYPE cells gauge
                cells{zone="us-east-1a",state="active"} 500
                # HELP duration_seconds Durations.
                # TYPE duration_seconds histogram
                duration_seconds_bucket{le="0.01"} 2
                duration_seconds_bucket{le="1.0"} 3
                duration_seconds_bucket{le="+Inf"} 4
                duration_seconds_sum 2.515
                duration_seconds_count 4
                # HELP size_bytes Sizes.
                # TYPE size_bytes histogram
                size_bytes_bucket{kind="a",le="1024.0"} 0
                size_bytes_bucket{kind="a",le="+Inf"} 1
                size_bytes_sum{kind="a"} 4096
                size_bytes_count{kind="a"} 1

                """#)
    }

    @Test("OpenMetrics differs in the names of counters and in its end")
    func openMetrics() {
        let expected = text(registry().render(openMetrics: false))
            .split(separator: "\n")
            .map { line in
                ["requests", "cpu_seconds", "errors"].reduce(String(line)) { line, name in
                    ["HELP", "TYPE"].reduce(line) { line, word in
                        let prefix = "# \(word) \(name)_total "
                        return line.hasPrefix(prefix)
                            ? "# \(word) \(name) \(line.dropFirst(prefix.count))" : line
                    }
                }
            }
        #expect(
            text(registry().render(openMetrics: true)) == (expected + ["# EOF", ""]).joined(separator: "\n"))
    }

    @Test("Recording goes on while others render")
    func concurrent() async {
        let registry = MetricRegistry()
        let counters = registry.counters("errors_total", "Errors.", labels: ["code"])
        let histogram = registry.histogram("size_bytes", "Sizes.", .bytes([10]))
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    for amount in 0..<500 {
                        counters["\(worker)"].add()
                        histogram.record(amount)
                    }
                }
                group.addTask { for _ in 0..<20 { _ = registry.render(openMetrics: true) } }
            }
        }
        let rendered = text(registry.render(openMetrics: false))
        #expect(rendered.contains("errors_total{code=\"3\"} 500\n"))
        #expect(rendered.contains("size_bytes_count 2000\n"))
    }
}
