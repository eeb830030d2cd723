/// What names may look like. Each predicate has one sentence that says so to people.
enum Names {
    static let dnsLabelRule =
        "must be 1 to 63 characters of a-z, 0-9 and '-', and start and end with a letter or digit"
    static let tenantIDRule =
        "must be 1 to \(Limits.tenantIDBytesMax) bytes of UTF-8 without control characters, '/' and '\\'"
    static let wordRule = "must be 1 to 63 characters of letters, digits, '.', '_' and '-'"
    static let labelKeyRule =
        "must be 1 to 63 characters of letters, digits, '.', '_', '-' and '/', and start and end with a letter or digit"
    static let addressRule = "must be host:port, with a DNS name or IP address and a port of 1 to 65535"

    /// A DNS label (RFC 1123 §2.1): what Kubernetes asks of a Service's name.
    static func isDNSLabel(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last,
            first != UInt8(ascii: "-"), last != UInt8(ascii: "-")
        else { return false }
        return bytes.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    static func subdomainRule(bytesMax: Int) -> String {
        "must be 1 to \(bytesMax) characters of a-z, 0-9, '-' and '.', with a letter or digit at both ends of each part"
    }

    /// An RFC 1123 subdomain: what Kubernetes calls its objects.
    static func isSubdomain(_ text: String, bytesMax: Int) -> Bool {
        (1...bytesMax).contains(text.utf8.count)
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
                guard let first = $0.first, let last = $0.last, isLowerOrDigit(first), isLowerOrDigit(last)
                else { return false }
                return $0.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    /// Zones, regions, token and data store names.
    static func isWord(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
    }

    static func isLabelKey(_ text: String) -> Bool {
        guard (1...Limits.labelKeyBytesMax).contains(text.utf8.count), let first = text.utf8.first,
            let last = text.utf8.last, isAlphanumeric(first), isAlphanumeric(last)
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || (0x2D...0x2F).contains($0) || $0 == 0x5F }
    }

    /// `host:port` or `[v6]:port`.
    static func isAddress(_ text: String) -> Bool {
        guard text.utf8.count <= Limits.hostBytesMax + 6, let colon = text.lastIndex(of: ":")
        else { return false }
        let port = text[text.index(after: colon)...]
        // No sign, no leading zeros.
        guard let number = UInt16(port), number > 0, String(number) == port else { return false }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.utf8.count > 4
                && host.dropFirst().dropLast().utf8.allSatisfy { isHex($0) || $0 == 0x3A || $0 == 0x2E }
        }
        return !host.isEmpty
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
            }
    }

    /// A container image's reference: printable ASCII without spaces.
    static func isImage(_ text: String) -> Bool {
        (1...Limits.imageBytesMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// True without C0 and C1 controls, DEL and the line and paragraph separators.
    static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy {
            switch $0.value {
            case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029: false
            default: true
            }
        }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (0x41...0x5A).contains(byte)
    }
    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}
