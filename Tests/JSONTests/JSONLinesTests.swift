import JSON
import Testing

@Suite struct JSONLinesTests {
    /// The lines that arrive when the stream comes in these chunks.
    private func lines(_ chunks: [[UInt8]], bytesMax: Int = 100) throws -> [String] {
        var splitter = JSONLines(lineBytesMax: bytesMax)
        var found: [String] = []
        let take: JSONLines.Consumer = { found.append("\($1):\(String(decoding: $0, as: UTF8.self))") }
        for chunk in chunks { try splitter.append(chunk, line: take) }
        try splitter.finish(line: take)
        return found
    }

    @Test("Every cut of a stream in three gives the same lines")
    func everySplit() throws {
        let stream = Array("{\"a\":1}\r\n\n \t\r\n2\n\r\n{\"é\":[]}\r\nlast".utf8)
        let expected = ["1:{\"a\":1}", "4:2", "6:{\"é\":[]}", "7:last"]
        for first in 0...stream.count {
            for second in first...stream.count {
                let chunks = [
                    Array(stream[..<first]), Array(stream[first..<second]), Array(stream[second...]),
                ]
                #expect(try lines(chunks) == expected, "cut at \(first) and \(second)")
            }
        }
        #expect(try lines(stream.map { [$0] }) == expected)
    }

    @Test("Nothing, and only blank lines, give no line")
    func blank() throws {
        #expect(try lines([]).isEmpty)
        #expect(try lines([[]]).isEmpty)
        #expect(try lines([Array("\n\r\n  \n\r".utf8)]).isEmpty)
    }

    @Test("A line as long as the limit is taken, one byte more is refused by number, however it is cut")
    func limitsLines() throws {
        for end in ["", "\n", "\r\n"] {
            let fits = Array("1\n12345678\(end)".utf8)
            let tooLong = Array("1\n123456789\(end)".utf8)
            for cut in 0..<fits.count {
                #expect(
                    try lines([Array(fits[..<cut]), Array(fits[cut...])], bytesMax: 8).last == "2:12345678")
                let error = #expect(throws: JSONError.self) {
                    try lines([Array(tooLong[..<cut]), Array(tooLong[cut...])], bytesMax: 8)
                }
                #expect(error?.line == 2)
                #expect(error?.offset == 2)
                #expect(error?.message == "Line 2 is longer than 8 bytes; split it.")
            }
        }
    }

    @Test("A line without end is refused before it fills the memory")
    func boundsMemory() throws {
        var splitter = JSONLines(lineBytesMax: 1_000)
        let chunk = [UInt8](repeating: 0x61, count: 600)
        try splitter.append(chunk) { _, _ in Issue.record("no line is complete") }
        #expect(throws: JSONError.self) { try splitter.append(chunk) { _, _ in } }
    }

    @Test("What the consumer throws comes out")
    func passesErrorsOn() {
        struct Stop: Error {}
        var splitter = JSONLines(lineBytesMax: 10)
        #expect(throws: Stop.self) { try splitter.append(Array("1\n2\n".utf8)) { _, _ in throw Stop() } }
    }
}
