import Compression
import Testing

@Suite struct GzipPartTests {
    @Test("Stitched parts are one gzip stream of the whole")
    func stitches() throws {
        let parts = try samples.map { try GzipPart(compressing: $0) }
        let whole = Array(samples.joined())
        let stream = GzipPart.stitched(parts)
        #expect(try commandOutput(.gzip, stream) == whole)
        #expect(try decompress(stream, as: .gzip, bytesMax: whole.count) == whole)
    }

    @Test("Parts can be replaced, repeated and reordered without a new compression")
    func reorders() throws {
        let contents = (0..<40).map { text(bytes: 1_000 + $0, seed: UInt64($0)) }
        let parts = try contents.map { try GzipPart(compressing: $0) }
        for order in [Array((0..<40).reversed()), [7, 7, 7], [3], [39, 0, 20, 0]] {
            let stream = GzipPart.stitched(order.map { parts[$0] })
            #expect(try commandOutput(.gzip, stream) == Array(order.map { contents[$0] }.joined()))
        }
    }

    @Test("No parts, and empty ones, are the stream of nothing")
    func empty() throws {
        let nothing = try GzipPart(compressing: [UInt8]())
        #expect(nothing.deflated.isEmpty)
        for parts in [[], [nothing], [nothing, nothing]] {
            #expect(try commandOutput(.gzip, GzipPart.stitched(parts)) == [])
            #expect(try decompress(GzipPart.stitched(parts), as: .gzip, bytesMax: 0) == [])
        }
    }

    @Test("Header, parts and trailer can be sent without joining them")
    func pieces() throws {
        let parts = try [text(bytes: 10), text(bytes: 20)].map { try GzipPart(compressing: $0) }
        let pieces = [GzipPart.header] + parts.map(\.deflated) + [GzipPart.trailer(parts)]
        #expect(GzipPart.pieces(parts) == pieces)
        #expect(Array(pieces.joined()) == GzipPart.stitched(parts))
    }

    @Test("A part knows the checksum and length of its bytes")
    func figures() throws {
        let part = try GzipPart(compressing: Array("123456789".utf8))
        #expect(part.crc32 == 0xCBF4_3926)
        #expect(part.length == 9)
        #expect(part == (try GzipPart(compressing: Array("123456789".utf8))))
    }
}
