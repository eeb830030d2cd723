import Testing

@testable import Compression

@Suite struct StreamDecompressorTests {
    private func decompressed(_ bytes: [UInt8], by size: Int) throws -> [UInt8] {
        let decompressor = try StreamDecompressor()
        var found: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try decompressor.decompress(Array(bytes[start..<min(start + size, bytes.count)])) {
                found += Array($0)
            }
        }
        try decompressor.finish()
        return found
    }

    @Test(arguments: [1, 7, 4096, 1 << 20]) func whateverThePiecesAreTheContentIsTheSame(_ size: Int) throws {
        let content =
            (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 3) } + [UInt8](repeating: 0, count: 300_000)
        let packed = try compress(content, as: .zstd)
        #expect(try decompressed(packed, by: size) == content)
        #expect(try decompressed(packed + packed, by: size) == content + content)
    }

    @Test func nothingIsNoWholeContentAndHalfIsTruncated() throws {
        #expect(throws: CompressionError.truncated) { try decompressed([], by: 1) }
        let packed = try compress(Array("some content that is cut off".utf8), as: .zstd)
        #expect(throws: CompressionError.truncated) { try decompressed(Array(packed.dropLast()), by: 8) }
        #expect(try decompressed(try compress([], as: .zstd), by: 8) == [])
    }

    @Test func aBitThatFlipsIsFound() throws {
        let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) }
        var packed = try compress(content, as: .zstd)
        packed[packed.count / 2] ^= 1
        #expect(throws: CompressionError.corrupt) { try decompressed(packed, by: 4096) }
    }
}
