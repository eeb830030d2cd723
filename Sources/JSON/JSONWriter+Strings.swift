extension JSONWriter {
    /// Appends a JSON string, quotes and escapes included: the way for code that writes its bytes itself.
    ///
    /// - Precondition: the bytes are UTF-8; they are not checked again.
    public static func appendString(bytes: UnsafeRawBufferPointer, to target: inout [UInt8]) {
        target.append(UInt8(ascii: "\""))
        var offset = 0
        while true {
            let end = PlainRun(in: bytes, from: offset).end
            target.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
            if end == bytes.count { break }
            appendEscape(of: bytes[end], to: &target)
            offset = end + 1
        }
        target.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(of byte: UInt8, to target: inout [UInt8]) {
        target.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: target.append(UInt8(ascii: "b"))
        case 0x09: target.append(UInt8(ascii: "t"))
        case 0x0A: target.append(UInt8(ascii: "n"))
        case 0x0C: target.append(UInt8(ascii: "f"))
        case 0x0D: target.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): target.append(byte)
        default:
            let digits = String(byte, radix: 16)
            target.append(contentsOf: (digits.utf8.count == 1 ? "u000" : "u00").utf8)
            target.append(contentsOf: digits.utf8)
        }
    }
}
