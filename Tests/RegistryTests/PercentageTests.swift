import Registry
import Testing

@Suite("Percentages")
struct PercentageTests {
    @Test(
        "read and written the same",
        arguments: [("0%", 0), ("5%", 500), ("2.5%", 250), ("0.25%", 25), ("1.05%", 105), ("100%", 10_000)])
    func both(_ text: String, _ basisPoints: Int64) {
        #expect(Percentage(text)?.basisPoints == basisPoints)
        #expect(Percentage(basisPoints: basisPoints)?.description == text)
    }

    @Test("a zero at the end says nothing")
    func zeros() {
        #expect(Percentage("2.50%") == Percentage("2.5%"))
        #expect(Percentage("2.0%")?.description == "2%")
        #expect(Percentage("5%")?.fraction == 0.05)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "%", "5", "-1%", "+5%", "101%", "100.01%", "5 %", ".5%", "5.%", "1.234%", "1.2.3%", "٥%",
            "1e1%",
        ])
    func refused(_ text: String) { #expect(Percentage(text) == nil) }
}
