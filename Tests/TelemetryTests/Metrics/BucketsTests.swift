import Testing

@testable import Telemetry

@Suite("Buckets")
struct BucketsTests {
    @Test(
        "Nanoseconds are shown as seconds, exactly",
        arguments: [
            (0, "0"), (1, "0.000000001"), (1_500_000_000, "1.5"), (25_000, "0.000025"), (3_000_000_000, "3"),
            (UInt64.max, "18446744073.709551615"),
        ])
    func seconds(nanoseconds: UInt64, text: String) {
        #expect(Buckets.seconds([1]).text(nanoseconds) == text)
    }

    @Test("Bytes and counts are shown as they are")
    func plain() {
        #expect(Buckets.bytes([1]).text(4096) == "4096")
        #expect(Buckets.counts([1]).text(0) == "0")
    }

    @Test("Bounds are floating point in their labels, as OpenMetrics wants")
    func labels() {
        #expect(
            Buckets.seconds([0.1, 1, 2.5]).labels == [
                "le=\"0.1\"", "le=\"1.0\"", "le=\"2.5\"", "le=\"+Inf\"",
            ])
        #expect(Buckets.counts([0, 10]).labels == ["le=\"0.0\"", "le=\"10.0\"", "le=\"+Inf\""])
    }
}
