/// Every limit of the product. `docs/limits.md` lists the same figures, and a test holds the two together.
public enum Limits {
    // Names
    public static let cellIDBytesMax = 63
    public static let tenantIDBytesMax = 128
    public static let zoneBytesMax = 63
    public static let hostBytesMax = 253

    /// A DNS label (RFC 1123 §2.1): what Kubernetes asks of a Service's name.
    static func isDNSLabel(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-")
        else { return false }
        return bytes.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
    }

    /// Control characters (C0, C1, DEL, line and paragraph separators) and the two slashes.
    static func isRefusedInNames(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0x2F, 0x5C: true
        default: false
        }
    }
}
