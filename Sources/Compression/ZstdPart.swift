/// A part of a zstd stream that is compressed by itself: a frame. Frames one behind another are one stream
/// (RFC 8878 §3.1), so stitching them is joining them.
public struct ZstdPart: Sendable, Equatable {
    public let frame: [UInt8]

    /// - Throws: `CompressionError.outOfMemory` alone.
    public init(compressing bytes: UnsafeRawBufferPointer, level: Int = 1) throws(CompressionError) {
        frame = try unsafe compress(bytes, as: .zstd, level: level)
    }

    public init(compressing bytes: [UInt8], level: Int = 1) throws(CompressionError) {
        frame = try compress(bytes, as: .zstd, level: level)
    }

    /// One zstd stream of all parts in their order; of no parts, the frame of nothing.
    public static func stitched(_ parts: [ZstdPart]) -> [UInt8] { Array(pieces(parts).joined()) }

    /// The same in its pieces, for whoever has a place to put them together.
    public static func pieces(_ parts: [ZstdPart]) -> [[UInt8]] {
        parts.isEmpty ? [empty] : parts.map(\.frame)
    }

    /// A frame with one empty raw block, its content size said to be zero (RFC 8878 §3.1.1).
    private static let empty: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 0, 0x01, 0, 0]
}
