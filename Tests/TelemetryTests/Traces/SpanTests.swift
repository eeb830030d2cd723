import Testing

@testable import Telemetry

@Test("Attributes are set, replaced and removed, in their order")
func spanAttributes() throws {
    let configuration = try #require(TraceConfiguration(endpoint: "http://127.0.0.1:1"))
    let tracer = Tracer(configuration, metrics: Metrics(), logger: silent)
    let parent = try #require(TraceContext("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
    var span: Span? = tracer.span("getCell", .server, parent: parent)
    span?["http.route"] = "/v1/cells/{cell}"
    span?["http.response.status_code"] = 200
    span?["gone"] = .bool(true)
    span?["gone"] = nil
    span?["http.response.status_code"] = 404
    span?.status = .error("not found")
    let record = try #require(span?.record)
    #expect(record.attributes.map(\.name) == ["http.route", "http.response.status_code"])
    #expect(record.attributes.map(\.value) == ["/v1/cells/{cell}", 404])
    #expect(span?["http.route"] == "/v1/cells/{cell}")
    #expect(record.status == .error("not found"))
    #expect(record.start == record.end)
}
