import Foundation

/// Host names as tenants and requests spell them, brought to the one spelling that is compared.
public enum Host {
    static let rule =
        "must be a host name of at most \(Limits.hostBytesMax) bytes: labels of letters, digits and '-', joined by dots, without a port"

    /// Lower case, without a final dot, international labels as `xn--…` (IDNA 2008 by UTS 46, non-transitional);
    /// nil for what is no host name.
    ///
    /// Two spellings of one name come out the same, so that uniqueness over all tenants means something.
    public static func normalised(_ text: String) -> String? {
        var ascii = text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : international(text)
        // Only now: an international name may end in another of Unicode's full stops.
        if ascii?.hasSuffix(".") == true { ascii?.removeLast() }
        guard let ascii, (1...Limits.hostBytesMax).contains(ascii.utf8.count) else { return nil }
        let labels = ascii.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy(isLabel),
            !labels.last!.allSatisfy({ (0x30...0x39).contains($0) }) || labels.count == 4
        else { return nil }
        return ascii
    }

    private static func isLabel(_ label: String.UTF8View.SubSequence) -> Bool {
        (1...63).contains(label.count) && label.first != 0x2D && label.last != 0x2D
            && label.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
    }

    /// Foundation encodes a URL's host by ICU's UTS 46; it is asked only for names that are not ASCII.
    private static func international(_ text: String) -> String? {
        guard !text.contains(where: { "/?#@:[]%\\".contains($0) }), text.utf8.count <= 4 * Limits.hostBytesMax
        else { return nil }
        var components = URLComponents()
        components.scheme = "http"
        components.host = text
        // What ICU refuses comes back percent-encoded.
        guard let host = components.encodedHost?.lowercased(),
            host.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") })
        else { return nil }
        return host
    }
}
