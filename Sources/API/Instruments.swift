import HTTP
import Logging
import Registry
import Synchronization
import Telemetry

/// What the API reports to.
public struct Instruments: Sendable {
    public var metrics: Metrics
    public var logger: Logger
    public var tracer: Tracer

    public init(metrics: Metrics, logger: Logger, tracer: Tracer) {
        self.metrics = metrics
        self.logger = logger
        self.tracer = tracer
    }
}

/// An operation with its own metrics at hand: they are recorded at each of the gateways' requests, on the loop.
final class MeteredOperation: Sendable {
    let operation: Operation
    private let metrics: Metrics
    private let duration: Histogram
    private let counters = Mutex<[(status: UInt16, counter: Counter)]>([])

    init(_ operation: Operation, _ metrics: Metrics) {
        self.operation = operation
        self.metrics = metrics
        duration = metrics.httpRequestDuration[operation.id]
    }

    func record(_ status: Status, since start: ContinuousClock.Instant) {
        duration.record(ContinuousClock.now - start)
        let code = status.rawValue
        if let known = counters.withLock({ $0.first { $0.status == code }?.counter }) { return known.add() }
        let counter = metrics.httpRequests[operation.id, String(code)]
        counters.withLock { $0.append((code, counter)) }
        counter.add()
    }
}
