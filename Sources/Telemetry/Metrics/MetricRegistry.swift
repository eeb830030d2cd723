import Synchronization

/// The metrics of a process, in the order they were declared. Only `Metrics` declares any.
final class MetricRegistry: Sendable {
    private struct Metric {
        let name: String
        let help: String
        let kind: MetricKind
        let write: @Sendable (inout ExpositionWriter) -> Void
    }

    private let metrics = Mutex<[Metric]>([])

    // MARK: Counters

    func counter(_ name: String, _ help: String) -> Counter {
        let counter = Counter()
        declare(name, help, .counter) { $0.sample("", "\(counter.value)") }
        return counter
    }

    /// A counter that somebody else keeps, read at each scrape; nil where it can't be read.
    func counter(_ name: String, _ help: String, read: @escaping @Sendable () -> Double?) {
        declare(name, help, .counter) { if let value = read() { $0.sample("", text(value)) } }
    }

    func counters(
        _ name: String, _ help: String, labels: [String], childrenMax: Int = 1000
    ) -> CounterFamily {
        let family = CounterFamily(labels: labels, childrenMax: childrenMax) { Counter() }
        declare(name, help, .counter) {
            for (labels, counter) in family.all() { $0.sample(labels, "\(counter.value)") }
        }
        return family
    }

    // MARK: Gauges

    func gauge(_ name: String, _ help: String) -> Gauge {
        let gauge = Gauge()
        declare(name, help, .gauge) { $0.sample("", "\(gauge.value)") }
        return gauge
    }

    /// A figure that lives elsewhere, read at each scrape; nil where it can't be read.
    func gauge(_ name: String, _ help: String, read: @escaping @Sendable () -> Double?) {
        declare(name, help, .gauge) { if let value = read() { $0.sample("", text(value)) } }
    }

    func gauges(_ name: String, _ help: String, labels: [String], childrenMax: Int = 1000) -> GaugeFamily {
        let family = GaugeFamily(labels: labels, childrenMax: childrenMax) { Gauge() }
        declare(name, help, .gauge) {
            for (labels, gauge) in family.all() { $0.sample(labels, "\(gauge.value)") }
        }
        return family
    }

    // MARK: Histograms

    func histogram(_ name: String, _ help: String, _ buckets: Buckets) -> Histogram {
        let histogram = Histogram(buckets)
        declare(name, help, .histogram) { $0.histogram("", histogram) }
        return histogram
    }

    func histograms(
        _ name: String, _ help: String, labels: [String], _ buckets: Buckets, childrenMax: Int = 200
    ) -> HistogramFamily {
        let family = HistogramFamily(labels: labels, childrenMax: childrenMax) { Histogram(buckets) }
        declare(name, help, .histogram) {
            for (labels, histogram) in family.all() { $0.histogram(labels, histogram) }
        }
        return family
    }

    // MARK: Text

    func render(openMetrics: Bool) -> [UInt8] {
        var writer = ExpositionWriter(openMetrics: openMetrics)
        for metric in metrics.withLock({ $0 }) {
            writer.begin(metric.name, metric.help, metric.kind)
            metric.write(&writer)
        }
        writer.end()
        return writer.bytes
    }

    private func declare(
        _ name: String, _ help: String, _ kind: MetricKind,
        write: @escaping @Sendable (inout ExpositionWriter) -> Void
    ) {
        precondition(isMetricName(name) && !help.isEmpty, "a metric has a name and a help text")
        precondition(name.hasSuffix("_total") == (kind == .counter), "a counter, and only one, is a total")
        metrics.withLock { metrics in
            precondition(!metrics.contains { $0.name == name }, "\(name) is declared twice")
            metrics.append(Metric(name: name, help: help, kind: kind, write: write))
        }
    }
}

/// A number as both formats spell it.
private func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return value.description
}
