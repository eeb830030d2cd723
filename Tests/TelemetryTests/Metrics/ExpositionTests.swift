import Testing

@testable import Telemetry

@Suite("Exposition")
struct ExpositionTests {
    @Test(
        "OpenMetrics goes to those who ask for it and like nothing better",
        arguments: [
            (nil, false), ("", false), ("*/*", false), ("text/html", false),
            ("text/plain;version=0.0.4", false),
            ("application/openmetrics-text", true),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", true),
            ("application/openmetrics-text;version=0.0.1", false),
            ("application/openmetrics-text;version=1.0.0;q=0", false),
            ("text/plain, application/openmetrics-text;version=1.0.0;q=0.5", false),
            ("Application/OpenMetrics-Text ; Version=1.0.0 , text/plain;q=0.5", true),
            // Prometheus 2.42, and 3.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", true
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                    + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,"
                    + "text/plain;version=0.0.4;q=0.2,/;q=0.1", true
            ),
        ] as [(String?, Bool)])
    func negotiation(accept: String?, openMetrics: Bool) {
        #expect(Exposition.prefersOpenMetrics(accept: accept) == openMetrics)
    }

    @Test("The content type names the format and its version")
    func contentType() {
        #expect(Exposition.contentType(openMetrics: false) == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            Exposition.contentType(openMetrics: true)
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }
}
