import Testing

@testable import Telemetry

@Suite("TraceContext")
struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let span = "00f067aa0ba902b7"

    @Test("A traceparent is read and written as it was")
    func roundTrip() throws {
        for flags in ["00", "01"] {
            let field = "00-\(Self.trace)-\(Self.span)-\(flags)"
            let context = try #require(TraceContext(field))
            #expect(context.traceparent == field)
            #expect(context.traceID.description == Self.trace)
            #expect(context.spanID.description == Self.span)
            #expect(context.isSampled == (flags == "01"))
        }
    }

    @Test(
        "Versions to come are read as far as they are known, and answered with ours",
        arguments: ["01-X-01", "cc-X-01-what-ever", "fe-X-01-", "42-X-0b", "00-X-ff"])
    func versions(form: String) throws {
        let field = form.replacing("X", with: "\(Self.trace)-\(Self.span)")
        #expect(try #require(TraceContext(field)).traceparent == "00-\(Self.trace)-\(Self.span)-01")
    }

    @Test(
        "What the specification has ignored is no context",
        arguments: [
            "", "00", "00-X", "00-X-", "00-X-0", "00-X-011", "00-X-01-", "00-X-01-more", "ff-X-01",
            "01-X-01more",
            "01-X-01.more", "0-X-01", "000-X-01", "FE-X-01", "0g-X-01", "00-X-0G", "00-X-0A", "00_X-01",
            "00-X_01",
            " 00-X-01", "00-X-01 ", "00-X-1 ", "00-X-é",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bz-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736+00f067aa0ba902b7-01",
        ])
    func ignored(form: String) {
        #expect(TraceContext(form.replacing("X", with: "\(Self.trace)-\(Self.span)")) == nil)
    }

    @Test("An id with one half of zeros is an id")
    func halves() {
        let high = TraceContext("00-00000000000000010000000000000000-0000000000000001-00")
        #expect(high?.traceID == TraceID(high: 1, low: 0))
        #expect(TraceContext("00-00000000000000000000000000000001-0000000000000001-00")?.traceID.low == 1)
        #expect(high?.traceparent == "00-00000000000000010000000000000000-0000000000000001-00")
    }
}
