import Synchronization

/// Every metric of the control plane, and the only place where one is declared.
///
/// Counters and histograms are recorded where things happen. Figures that are the state of something are read when
/// somebody looks: whoever owns them gives `beforeScrape` a closure that sets them.
public final class Metrics: Sendable {
    private let registry: MetricRegistry
    private let hooks = Mutex<[@Sendable (Metrics) -> Void]>([])

    // MARK: HTTP

    /// By `operation` and `status`.
    public let httpRequests: CounterFamily
    /// By `operation`; of a long poll only the time it was worked on, not the time it was held.
    public let httpRequestDuration: HistogramFamily
    public let httpConnections: Gauge
    public let watches: Gauge

    // MARK: Writes

    /// From the begin of the transaction to the answer of the disk.
    public let commitDuration: Histogram
    /// How many writes shared a commit.
    public let commitBatchSize: Histogram
    public let walBytes: Gauge
    public let checkpointDuration: Histogram
    public let revision: Gauge

    // MARK: Routing

    public let routingRevision: Gauge
    /// By `encoding`.
    public let routingTableBytes: GaugeFamily
    /// By `state`: `live` or `expired`.
    public let gateways: GaugeFamily
    /// Each live gateway's lag, recorded once a scrape.
    public let gatewayLag: Histogram
    public let gatewayLagMax: Gauge

    // MARK: Cells and tenants

    /// By `zone` and `state`.
    public let cells: GaugeFamily
    /// By `cell`.
    public let cellCapacity: GaugeFamily
    /// By `cell`.
    public let cellLoad: GaugeFamily
    public let tenants: Gauge

    // MARK: Reconcilers and telemetry

    /// By `name`.
    public let reconcilerDuration: HistogramFamily
    /// By `name`.
    public let reconcilerFailures: CounterFamily
    public let spansExported: Counter
    /// Spans that no collector has: the queue was full, or they could not be delivered.
    public let spansDropped: Counter
    public let spanExportFailures: Counter

    public init(build: Build = Build()) {
        let registry = MetricRegistry()
        self.registry = registry

        httpRequests = registry.counters(
            "titan_http_requests_total", "HTTP requests answered.", labels: ["operation", "status"],
            childrenMax: 2000)
        httpRequestDuration = registry.histograms(
            "titan_http_request_duration_seconds",
            "Time from the head of a request to its answer, without the time a long poll was held.",
            labels: ["operation"],
            .seconds([
                0.000_025, 0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                1, 2.5, 5, 10,
            ]))
        httpConnections = registry.gauge("titan_http_connections", "Open HTTP connections.")
        watches = registry.gauge("titan_watches", "Long polls that are held.")

        commitDuration = registry.histogram(
            "titan_commit_duration_seconds", "Time of a commit, durable on disk.", durable)
        commitBatchSize = registry.histogram(
            "titan_commit_batch_size", "Writes that shared a commit.",
            .counts([1, 2, 4, 8, 16, 32, 64, 128, 256]))
        walBytes = registry.gauge("titan_wal_bytes", "Size of the write-ahead log.")
        checkpointDuration = registry.histogram(
            "titan_checkpoint_duration_seconds", "Time of a checkpoint of the write-ahead log.", durable)
        revision = registry.gauge("titan_revision", "Revision of the last committed write.")

        routingRevision = registry.gauge(
            "titan_routing_revision", "Revision of the last write that changed the routing table.")
        routingTableBytes = registry.gauges(
            "titan_routing_table_bytes", "Size of the routing table as it is sent.", labels: ["encoding"],
            childrenMax: 10)
        gateways = registry.gauges(
            "titan_gateways", "Known gateways by the state of their lease.", labels: ["state"], childrenMax: 2
        )
        gatewayLag = registry.histogram(
            "titan_gateway_lag_revisions",
            "How many revisions each live gateway is behind the routing table, recorded once a scrape.",
            .counts([0, 1, 2, 5, 10, 25, 50, 100, 1000, 10_000]))
        gatewayLagMax = registry.gauge(
            "titan_gateway_lag_revisions_max", "How many revisions the slowest live gateway is behind.")

        cells = registry.gauges("titan_cells", "Cells.", labels: ["zone", "state"])
        cellCapacity = registry.gauges(
            "titan_cell_capacity_units", "Capacity of a cell in load units.", labels: ["cell"],
            childrenMax: 5000)
        cellLoad = registry.gauges(
            "titan_cell_load_units", "Load of a cell's tenants in load units.", labels: ["cell"],
            childrenMax: 5000)
        tenants = registry.gauge("titan_tenants", "Tenants.")

        reconcilerDuration = registry.histograms(
            "titan_reconciler_duration_seconds", "Time of a reconciler's activation.", labels: ["name"],
            .seconds([0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1, 2.5, 10, 25, 60]))
        reconcilerFailures = registry.counters(
            "titan_reconciler_failures_total", "Activations of a reconciler that failed.", labels: ["name"])
        spansExported = registry.counter(
            "titan_spans_exported_total", "Spans that the trace collector has taken.")
        spansDropped = registry.counter(
            "titan_spans_dropped_total", "Spans lost: the queue was full, or they could not be delivered.")
        spanExportFailures = registry.counter(
            "titan_span_export_failures_total", "Calls to the trace collector that failed.")

        registry.gauges(
            "titan_build_info", "1, with what this process is built of.",
            labels: ["version", "swift", "sqlite", "microhttpd"])[
                build.version, build.swift, build.sqlite, build.microhttpd
            ].set(1)
        registry.counter("titan_log_lines_lost_total", "Log lines that a full pipe did not take.") {
            Double(LogOutput.standardError.lost)
        }
        ProcessMetrics.declare(in: registry)
    }

    /// Has `hook` set figures that live elsewhere, from now on before each scrape and on the thread of the scrape.
    /// Several may run at once, with two scrapes.
    public func beforeScrape(_ hook: @escaping @Sendable (Metrics) -> Void) {
        hooks.withLock { $0.append(hook) }
    }

    /// The text of `/metrics`, in OpenMetrics 1.0.0 or the Prometheus text format 0.0.4.
    public func render(openMetrics: Bool) -> [UInt8] {
        for hook in hooks.withLock({ $0 }) { hook(self) }
        return registry.render(openMetrics: openMetrics)
    }
}

/// For what waits for a disk.
private let durable = Buckets.seconds([
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5,
])

extension Metrics {
    /// What this process is built of.
    public struct Build: Sendable {
        public var version: String
        public var swift: String
        public var sqlite: String
        public var microhttpd: String

        public init(version: String = "", swift: String = "", sqlite: String = "", microhttpd: String = "") {
            self.version = version
            self.swift = swift
            self.sqlite = sqlite
            self.microhttpd = microhttpd
        }
    }
}
