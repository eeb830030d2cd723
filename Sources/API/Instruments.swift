import Logging
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
