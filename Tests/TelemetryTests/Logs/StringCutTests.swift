import Testing

@testable import Telemetry

@Test(
    "A text is cut between characters of UTF-8, and says that it was",
    arguments: [
        ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("", 3, ""), ("abcd", 3, "…"), ("éééé", 7, "éé…"),
        ("éééé", 6, "é…"), ("👍👍", 7, "👍…"), ("👍👍", 6, "…"),
    ])
func stringCut(text: String, bytesMax: Int, cut: String) {
    #expect(text.cut(toBytes: bytesMax) == cut)
    #expect(text.cut(toBytes: bytesMax).utf8.count <= bytesMax)
}
