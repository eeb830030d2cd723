/// The stretch of a string's bytes that stand for themselves: up to a quote, a backslash, a control character,
/// or the end. Found eight bytes at a time, since strings are most of what a document holds.
struct PlainRun {
    /// The offset of the byte that ends it.
    let end: Int
    /// True where no byte of it is above 0x7F; may be false without one just after the end.
    let isASCII: Bool

    init(in bytes: UnsafeRawBufferPointer, from start: Int) {
        let high: UInt64 = 0x8080_8080_8080_8080
        var offset = start
        var seen: UInt64 = 0
        while offset + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            seen |= word
            let stops =
                Self.below(word, 0x20) | Self.below(word ^ Self.each(UInt8(ascii: "\"")), 1)
                | Self.below(word ^ Self.each(UInt8(ascii: "\\")), 1)
            if stops != 0 {
                end = offset + stops.trailingZeroBitCount / 8
                isASCII = seen & high == 0
                return
            }
            offset += 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            seen |= UInt64(byte)
            offset += 1
        }
        end = offset
        isASCII = seen & high == 0
    }

    /// The top bit of each byte below `limit` (at most 128). A borrow can mark a byte wrongly, but only above
    /// one that is marked rightly, so the lowest mark is always true.
    @inline(__always)
    private static func below(_ word: UInt64, _ limit: UInt8) -> UInt64 {
        (word &- each(limit)) & ~word & each(0x80)
    }

    @inline(__always)
    private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
