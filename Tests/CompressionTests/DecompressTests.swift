import Compression
import Testing

@Suite struct DecompressTests {
    @Test("A bomb is refused at the limit, one byte less is taken", arguments: ContentEncoding.allCases)
    func refusesBombs(_ encoding: ContentEncoding) throws {
        let bomb = try compress([UInt8](repeating: 0, count: 100_000_000), as: encoding)
        #expect(bomb.count < 500_000)
        #expect(throws: CompressionError.tooLarge(bytesMax: 1 << 20)) {
            try decompress(bomb, as: encoding, bytesMax: 1 << 20)
        }
        let small = try compress([1, 2, 3], as: encoding)
        #expect(try decompress(small, as: encoding, bytesMax: 3) == [1, 2, 3])
        #expect(throws: CompressionError.tooLarge(bytesMax: 2)) {
            try decompress(small, as: encoding, bytesMax: 2)
        }
    }

    @Test("A stream cut anywhere is truncated, never shorter content", arguments: ContentEncoding.allCases)
    func refusesCuts(_ encoding: ContentEncoding) throws {
        let compressed = try compress(text(bytes: 300), as: encoding)
        for count in 0..<compressed.count {
            #expect(throws: CompressionError.truncated, "cut at \(count)") {
                try decompress(Array(compressed[..<count]), as: encoding, bytesMax: 1_000)
            }
        }
    }

    @Test(
        "Several members or frames are one content; anything else behind them is refused",
        arguments: ContentEncoding.allCases)
    func readsSeveral(_ encoding: ContentEncoding) throws {
        let one = try compress(Array("one".utf8), as: encoding)
        let two = try compress(Array("two".utf8), as: encoding)
        #expect(try decompress(one + two, as: encoding, bytesMax: 6) == Array("onetwo".utf8))
        #expect(throws: CompressionError.tooLarge(bytesMax: 5)) {
            try decompress(one + two, as: encoding, bytesMax: 5)
        }
        #expect(throws: CompressionError.corrupt) {
            try decompress(one + Array("junk!!!!".utf8), as: encoding, bytesMax: 100)
        }
        #expect(throws: CompressionError.truncated) {
            try decompress(one + two.dropLast(), as: encoding, bytesMax: 100)
        }
    }

    @Test("A changed byte never gives other content", arguments: ContentEncoding.allCases)
    func refusesDamage(_ encoding: ContentEncoding) throws {
        let sample = text(bytes: 500)
        let compressed = try compress(sample, as: encoding)
        for place in compressed.indices {
            var damaged = compressed
            damaged[place] ^= 0x55
            let result = try? decompress(damaged, as: encoding, bytesMax: 10_000)
            // Some header bytes (time, system) mean nothing to the content.
            #expect(result == nil || result == sample, "byte \(place)")
        }
    }

    @Test("The other encoding and plain bytes are refused")
    func refusesOthers() throws {
        let gzip = try compress([1], as: .gzip)
        let zstd = try compress([1], as: .zstd)
        #expect(throws: CompressionError.corrupt) { try decompress(gzip, as: .zstd, bytesMax: 10) }
        #expect(throws: CompressionError.corrupt) { try decompress(zstd, as: .gzip, bytesMax: 10) }
        for encoding in ContentEncoding.allCases {
            #expect(throws: CompressionError.corrupt) {
                try decompress(Array("{\"plain\":1}".utf8), as: encoding, bytesMax: 100)
            }
        }
    }
}
