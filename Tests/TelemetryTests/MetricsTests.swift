import Testing

@testable import Telemetry

@Suite("Metrics")
struct MetricsTests {
    private func filled() -> Metrics {
        let metrics = Metrics(
            build: .init(version: "1.0.0", swift: "6.3.1", sqlite: "3.40.1", microhttpd: "0.9.75"))
        metrics.httpRequests["getRoute", "200"].add()
        metrics.httpRequestDuration["getRoute"].record(nanoseconds: 40_000)
        metrics.reconcilerDuration["leases"].record(.milliseconds(2))
        metrics.reconcilerFailures["leases"].add()
        metrics.beforeScrape { metrics in
            metrics.cells.replaceAll([(["us-east-1a", "active"], 499), (["us-east-1b", "draining"], 1)])
            metrics.cellCapacity.replaceAll([(["cell-1"], 1000)])
            metrics.cellLoad.replaceAll([(["cell-1"], 17)])
            metrics.gateways.replaceAll([(["live"], 2), (["expired"], 0)])
            metrics.routingTableBytes.replaceAll([(["identity"], 1_000_000), (["gzip"], 90_000)])
            metrics.gatewayLag.record(0)
            metrics.gatewayLag.record(7)
            metrics.gatewayLagMax.set(7)
        }
        return metrics
    }

    @Test("promtool finds nothing to say")
    func promtool() throws {
        let (output, status) = try run(
            ["promtool", "check", "metrics"], input: filled().render(openMetrics: false))
        try #require(status != 127, "promtool is missing; install it: apt-get install prometheus")
        #expect(output == "")
        #expect(status == 0)
    }

    @Test("All metrics, each with its type")
    func all() {
        let types = text(filled().render(openMetrics: false)).split(separator: "\n")
            .filter { $0.hasPrefix("# TYPE ") }.map { $0.dropFirst(7) }
        #expect(
            types.joined(separator: "\n") == """
                titan_http_requests_total counter
                titan_http_request_duration_seconds histogram
                titan_http_connections gauge
                titan_watches gauge
                titan_commit_duration_seconds histogram
                titan_commit_batch_size histogram
                titan_wal_bytes gauge
                titan_checkpoint_duration_seconds histogram
                titan_revision gauge
                titan_routing_revision gauge
                titan_routing_table_bytes gauge
                titan_gateways gauge
                titan_gateway_lag_revisions histogram
                titan_gateway_lag_revisions_max gauge
                titan_cells gauge
                titan_cell_capacity_units gauge
                titan_cell_load_units gauge
                titan_tenants gauge
                titan_reconciler_duration_seconds histogram
                titan_reconciler_failures_total counter
                titan_spans_exported_total counter
                titan_spans_dropped_total counter
                titan_span_export_failures_total counter
                titan_build_info gauge
                titan_log_lines_lost_total counter
                process_resident_memory_bytes gauge
                process_cpu_seconds_total counter
                process_open_fds gauge
                process_max_fds gauge
                process_start_time_seconds gauge
                """)
    }

    @Test("What lives elsewhere is read at each scrape")
    func hooks() {
        let metrics = filled()
        _ = metrics.render(openMetrics: true)
        metrics.beforeScrape { $0.tenants.set(100_000) }
        let rendered = text(metrics.render(openMetrics: true))
        for line in [
            #"titan_cells{zone="us-east-1a",state="active"} 499"#,
            #"titan_cell_load_units{cell="cell-1"} 17"#,
            "titan_gateway_lag_revisions_count 4", "titan_tenants 100000",
            #"titan_build_info{version="1.0.0",swift="6.3.1",sqlite="3.40.1",microhttpd="0.9.75"} 1"#,
            #"titan_http_requests_total{operation="getRoute",status="200"} 1"#,
        ] {
            #expect(rendered.contains("\n\(line)\n"))
        }
    }

    @Test("Several scrapes at once each see whole figures")
    func concurrent() async {
        let metrics = filled()
        let pages = await withTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { text(metrics.render(openMetrics: true)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(pages.allSatisfy { $0.contains(#"titan_cell_capacity_units{cell="cell-1"} 1000"#) })
    }
}
