import Compression
import Testing

@Suite struct ZstdPartTests {
    @Test("Stitched parts are one zstd stream of the whole, in any order")
    func stitches() throws {
        let parts = try samples.map { try ZstdPart(compressing: $0) }
        for order in [Array(samples.indices), samples.indices.reversed(), [3, 3, 0]] {
            let whole = Array(order.map { samples[$0] }.joined())
            let stream = ZstdPart.stitched(order.map { parts[$0] })
            #expect(try commandOutput(.zstd, stream) == whole)
            #expect(try decompress(stream, as: .zstd, bytesMax: whole.count) == whole)
        }
    }

    @Test("No parts are the stream of nothing")
    func empty() throws {
        #expect(try commandOutput(.zstd, ZstdPart.stitched([])) == [])
        #expect(try decompress(ZstdPart.stitched([]), as: .zstd, bytesMax: 0) == [])
    }
}
