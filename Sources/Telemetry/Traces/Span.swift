/// A piece of work in a trace, while it is done. It exists only if it is sampled: an unsampled one is nil, and costs
/// nothing.
///
/// A plain value: whoever does the work holds it, sets attributes, and ends it once; one that is never ended is never
/// seen.
public struct Span: Sendable {
    var record: SpanRecord
    private let tracer: Tracer
    private let startMonotonic: UInt64

    init(_ name: String, _ kind: Kind, _ context: TraceContext, parent: SpanID?, _ tracer: Tracer) {
        let now = Nanoseconds.unix()
        record = SpanRecord(
            name: name, kind: kind, context: context, parent: parent, start: now, end: now)
        startMonotonic = Nanoseconds.monotonic()
        self.tracer = tracer
    }

    /// What is sent on with calls made in this span.
    public var context: TraceContext { record.context }

    /// An attribute, named by OpenTelemetry's conventions (`http.route`). Texts over 2 KB are cut.
    public subscript(_ name: String) -> Attribute? {
        get { record.attributes.first { $0.name == name }?.value }
        set {
            record.attributes.removeAll { $0.name == name }
            if let newValue { record.attributes.append((name, newValue)) }
        }
    }

    public var status: Status {
        get { record.status }
        set { record.status = newValue }
    }

    /// A span inside this one.
    public func child(_ name: String, _ kind: Kind = .inside) -> Span {
        tracer.child(of: context, name, kind)
    }

    /// Ends the span now and leaves it to the exporter; never waits.
    public consuming func end() {
        // A wall clock that is set meanwhile must not bend the duration.
        record.end = record.start + (Nanoseconds.monotonic() - startMonotonic)
        tracer.offer(record)
    }
}

extension Span {
    /// The numbers of OTLP's `SpanKind`.
    public enum Kind: Int64, Sendable {
        case inside = 1
        case server = 2
        case client = 3
    }

    public enum Status: Sendable, Equatable {
        case unset
        case ok
        case error(String)
    }

    public enum Attribute: Sendable, Equatable {
        case string(String)
        case integer(Int64)
        case number(Double)
        case bool(Bool)
    }
}

extension Span.Attribute: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
}

extension Span.Attribute: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self = .integer(value) }
}

/// What is kept of a span for its export.
struct SpanRecord: Sendable {
    let name: String
    let kind: Span.Kind
    let context: TraceContext
    let parent: SpanID?
    /// Nanoseconds of Unix time, both.
    let start: UInt64
    var end: UInt64
    var attributes: [(name: String, value: Span.Attribute)] = []
    var status = Span.Status.unset
}
