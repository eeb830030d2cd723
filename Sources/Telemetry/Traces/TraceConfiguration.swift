/// Where traces go and how many.
public struct TraceConfiguration: Sendable {
    /// `<endpoint>/v1/traces`.
    let url: String
    /// The port is the one that OTLP has for gRPC, which is not spoken here.
    let isPortOfGRPC: Bool
    /// `service.name` and the like.
    public var serviceName = "titan-control-plane"
    public var serviceVersion = ""
    /// Of the requests that come without a trace, 0 to 1.
    public var sampleRatio = 0.01
    /// Spans that wait; more are dropped.
    public var queueSpansMax = 2048
    public var batchSpansMax = 512
    public var intervalSeconds = 5.0

    /// Reads `OTEL_EXPORTER_OTLP_ENDPOINT`, as in `http://jaeger-collector:4318`. Nil where it is no http or https
    /// URL of a host, or holds a user, a query or a fragment.
    public init?(endpoint: String) {
        guard let scheme = ["http://", "https://"].first(where: endpoint.lowercased().hasPrefix),
            endpoint.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"@?#\\\"<>".utf8.contains($0) })
        else { return nil }
        var endpoint = endpoint
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        let authority = endpoint.dropFirst(scheme.count).prefix { $0 != "/" }
        guard let first = authority.first, first != ":" else { return nil }
        isPortOfGRPC = authority.hasSuffix(":4317")
        url = endpoint + "/v1/traces"
    }
}
