import Crypto

/// A bearer token: `crp_<43 characters of base62>_<6 of base62>`.
///
/// 256 random bits, then the CRC-32 of what stands before it, as GitHub's tokens have it: scanners find a leaked one by
/// its form, and a mistyped one is refused without a look-up. The registry keeps only the SHA-256: with 256 bits of
/// entropy there is nothing for a slow hash to slow down.
public struct TokenSecret: Sendable, Equatable {
    public let text: String

    /// SHA-256 of the text, 32 bytes.
    public var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    public static func random() -> TokenSecret {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array(Self.alphabet)
        let body = (0..<43).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] }
        let stem = "crp_" + String(body)
        return TokenSecret(text: stem + "_" + checksum(of: stem))
    }

    private init(text: String) { self.text = text }

    /// Nil for what can't be one of ours.
    public init?(_ text: String) {
        guard text.utf8.count == 54, text.hasPrefix("crp_"), let separator = text.lastIndex(of: "_"),
            Self.checksum(of: String(text[..<separator])) == text[text.index(after: separator)...]
        else { return nil }
        self.text = text
    }

    private static let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    private static func checksum(of text: String) -> String {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in text.utf8 {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        var rest = ~crc
        let digits = Array(alphabet)
        var result: [Character] = []
        for _ in 0..<6 {
            result.append(digits[Int(rest % 62)])
            rest /= 62
        }
        return String(result.reversed())
    }
}
