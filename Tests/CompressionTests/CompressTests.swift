import Compression
import Testing

@Suite struct CompressTests {
    @Test(
        "What is compressed is read by the encoding's own command and by us",
        arguments: ContentEncoding.allCases)
    func roundTrips(_ encoding: ContentEncoding) throws {
        for sample in samples {
            let compressed = try compress(sample, as: encoding)
            #expect(try commandOutput(encoding, compressed) == sample)
            #expect(try decompress(compressed, as: encoding, bytesMax: sample.count) == sample)
        }
    }

    @Test("Every level gives a stream that is read", arguments: ContentEncoding.allCases)
    func levels(_ encoding: ContentEncoding) throws {
        let sample = text(bytes: 50_000)
        for level in encoding.levels {
            let compressed = try compress(sample, as: encoding, level: level)
            #expect(compressed.count < sample.count / 2)
            #expect(try decompress(compressed, as: encoding, bytesMax: sample.count) == sample)
        }
    }

    @Test("Ten megabytes make the way there and back", arguments: ContentEncoding.allCases)
    func tenMegabytes(_ encoding: ContentEncoding) throws {
        let sample = text(bytes: 10 << 20)
        let compressed = try compress(sample, as: encoding)
        #expect(compressed.count < sample.count / 2)
        #expect(try commandOutput(encoding, compressed) == sample)
        #expect(try decompress(compressed, as: encoding, bytesMax: sample.count) == sample)
    }

    @Test("The raw value is the token of Accept-Encoding")
    func tokens() {
        #expect(ContentEncoding.allCases.map(\.rawValue) == ["gzip", "zstd"])
        #expect(ContentEncoding(rawValue: "br") == nil)
    }
}
