import Testing

@testable import Telemetry

@Suite("TraceConfiguration")
struct TraceConfigurationTests {
    @Test(
        "The path of traces is put behind the endpoint",
        arguments: [
            ("http://jaeger-collector:4318", "http://jaeger-collector:4318/v1/traces"),
            ("https://otel.example.com/base/", "https://otel.example.com/base/v1/traces"),
            ("HTTP://[::1]:4318//", "HTTP://[::1]:4318/v1/traces"),
        ])
    func url(endpoint: String, url: String) {
        #expect(TraceConfiguration(endpoint: endpoint)?.url == url)
    }

    @Test(
        "What is no endpoint is refused",
        arguments: [
            "", "jaeger:4318", "grpc://jaeger:4317", "http://", "http:///v1", "http://:4318", "http://a b",
            "http://user:secret@jaeger:4318", "http://jaeger:4318?x=1", "http://jaeger:4318#x",
            "http://jäger",
            "http://a\n", "unix:///run/otel.sock",
        ])
    func refused(endpoint: String) {
        #expect(TraceConfiguration(endpoint: endpoint) == nil)
    }

    @Test("The port of gRPC is recognised, and only as a port")
    func portOfGRPC() throws {
        for (endpoint, isPortOfGRPC) in [
            ("http://jaeger-collector:4317", true), ("http://[::1]:4317/", true),
            ("http://jaeger:4318", false),
            ("http://jaeger/:4317", false), ("http://jaeger4317", false),
        ] {
            #expect(try #require(TraceConfiguration(endpoint: endpoint)).isPortOfGRPC == isPortOfGRPC)
        }
    }
}
