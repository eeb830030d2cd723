import Logging

/// Begins spans, and has those that end exported. Without a configuration it begins none.
///
/// Whether a trace is recorded is decided at its head: by the caller's flag where there is a caller, else by the
/// ratio. Requests never wait for it.
public final class Tracer: Sendable {
    let exporter: SpanExporter?
    private let ids = TraceIDSource()
    /// A draw below it is sampled.
    private let threshold: UInt64

    public init(_ configuration: TraceConfiguration?, metrics: Metrics, logger: Logger) {
        let ratio = configuration?.sampleRatio ?? 0
        precondition((0...1).contains(ratio), "a ratio is from 0 to 1")
        threshold = ratio == 1 ? .max : UInt64(ratio * 0x1p64)
        if let configuration, configuration.isPortOfGRPC {
            logger.warning(
                "The trace endpoint has the port of OTLP over gRPC; OTLP over HTTP, which is spoken here, is on 4318",
                metadata: ["endpoint": "\(configuration.url)"])
        }
        exporter = configuration.map { SpanExporter($0, metrics: metrics, logger: logger) }
    }

    deinit { exporter?.stop(within: .zero) }

    /// The first span of this process in a trace; nil where it is not sampled.
    ///
    /// What is sent on with outgoing calls is `span?.context ?? parent`.
    public func span(_ name: String, _ kind: Span.Kind, parent: TraceContext? = nil) -> Span? {
        guard exporter != nil, parent?.isSampled ?? (ids.next() < threshold) else { return nil }
        if let parent { return child(of: parent, name, kind) }
        let context = TraceContext(traceID: ids.traceID(), spanID: ids.spanID(), isSampled: true)
        return Span(name, kind, context, parent: nil, self)
    }

    /// Exports what has ended, and ends the exporter.
    ///
    /// - Returns: false where that took longer; what had not been taken by then is lost.
    @discardableResult
    public func shutdown(within duration: Duration) -> Bool {
        exporter?.stop(within: duration) ?? true
    }

    func child(of parent: TraceContext, _ name: String, _ kind: Span.Kind) -> Span {
        let context = TraceContext(traceID: parent.traceID, spanID: ids.spanID(), isSampled: true)
        return Span(name, kind, context, parent: parent.spanID, self)
    }

    func offer(_ record: SpanRecord) { exporter?.offer(record) }
}
