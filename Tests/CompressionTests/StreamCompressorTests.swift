import Compression
import Testing

@Suite struct StreamCompressorTests {
    @Test("Pieces of every size give one stream", arguments: ContentEncoding.allCases)
    func streams(_ encoding: ContentEncoding) throws {
        let sample = text(bytes: 300_000)
        for pieceBytes in [1_000, 32_768, 300_000] {
            let stream = try StreamCompressor(encoding)
            var compressed: [UInt8] = []
            for start in stride(from: 0, to: sample.count, by: pieceBytes) {
                let piece = Array(sample[start..<min(start + pieceBytes, sample.count)])
                compressed += try stream.compress(piece, flush: start % 5 == 0)
            }
            compressed += try stream.finish()
            #expect(try decompress(compressed, as: encoding, bytesMax: sample.count) == sample)
            #expect(try commandOutput(encoding, compressed) == sample)
        }
    }

    @Test("After a flush the reader can have everything so far", arguments: ContentEncoding.allCases)
    func flushes(_ encoding: ContentEncoding) throws {
        let stream = try StreamCompressor(encoding)
        let sent = try stream.compress(Array("{\"revision\":1}\n".utf8), flush: true)
        #expect(!sent.isEmpty)
        #expect(try stream.compress([]) == [])
        // The limit is met only if the fifteen bytes do come out of what was sent so far.
        #expect(throws: CompressionError.tooLarge(bytesMax: 14)) {
            try decompress(sent, as: encoding, bytesMax: 14)
        }
        #expect(throws: CompressionError.truncated) { try decompress(sent, as: encoding, bytesMax: 15) }
        let rest = try stream.finish()
        #expect(try decompress(sent + rest, as: encoding, bytesMax: 15) == Array("{\"revision\":1}\n".utf8))
    }

    @Test("A stream of nothing is a stream", arguments: ContentEncoding.allCases)
    func empty(_ encoding: ContentEncoding) throws {
        let compressed = try StreamCompressor(encoding).finish()
        #expect(try commandOutput(encoding, compressed) == [])
        #expect(try decompress(compressed, as: encoding, bytesMax: 0) == [])
    }
}
