import CCompression

/// A part of a gzip stream that is compressed by itself, so that a change to it costs only it.
///
/// It is a run of deflate blocks ended by a full flush: on a byte's boundary, no block marked as the last, nothing
/// in it that points before it. So parts can stand one behind another in any order. Between the ten bytes of
/// `header` and a `trailer` they are one ordinary gzip stream (RFC 1952) that any client reads; the trailer's
/// checksum over all of them is computed from the parts' own.
public struct GzipPart: Sendable, Equatable {
    public let deflated: [UInt8]
    /// Of the bytes before compression.
    public let crc32: UInt32
    /// Of the bytes before compression.
    public let length: Int
    /// Appending this part to a stream as an operation on its checksum (zlib's `crc32_combine_gen`). Made once
    /// here, since it costs ten times its use and a table has thousands of parts.
    private let combining: UInt

    /// - Throws: `CompressionError.outOfMemory` alone.
    public init(compressing bytes: UnsafeRawBufferPointer, level: Int = 1) throws(CompressionError) {
        var deflated: [UInt8] = []
        if unsafe !bytes.isEmpty {
            try unsafe Deflater(.raw, level: level).run(bytes, .part, into: &deflated)
        }
        self.deflated = deflated
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        // Without an address zlib answers the checksum of nothing, whatever it is given.
        crc32 = unsafe UInt32(truncatingIfNeeded: crc32_z(0, start, bytes.count))
        length = bytes.count
        combining = crc32_combine_gen(length)
    }

    public init(compressing bytes: [UInt8], level: Int = 1) throws(CompressionError) {
        self = try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(CompressionError) -> GzipPart in
            try unsafe GzipPart(compressing: UnsafeRawBufferPointer(buffer), level: level)
        }
    }

    /// One gzip stream of all parts in their order.
    public static func stitched(_ parts: [GzipPart]) -> [UInt8] { Array(pieces(parts).joined()) }

    /// The same in its pieces, for whoever has a place to put them together.
    public static func pieces(_ parts: [GzipPart]) -> [[UInt8]] {
        var pieces = [header]
        pieces.reserveCapacity(parts.count + 2)
        for part in parts { pieces.append(part.deflated) }
        pieces.append(trailer(parts))
        return pieces
    }

    /// What comes before the first part: no name, no time, so that the same parts give the same bytes.
    public static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

    /// What comes after the last part: an empty block marked as the last, the checksum, the length.
    public static func trailer(_ parts: [GzipPart]) -> [UInt8] {
        var crc: UInt = 0
        var length = 0
        for part in parts {
            crc = crc32_combine_op(crc, UInt(part.crc32), part.combining)
            length += part.length
        }
        let figures = [UInt32(truncatingIfNeeded: crc), UInt32(truncatingIfNeeded: length)]
        return [0x03, 0x00]
            + figures.flatMap { figure in (0..<4).map { UInt8(truncatingIfNeeded: figure >> (8 * $0)) } }
    }
}
