import Testing

@testable import ControlPlane

@Suite("Token secret")
struct TokenSecretTests {
    @Test("a secret is crp_, 43 characters of base62, and their checksum")
    func form() {
        var seen: Set<String> = []
        for _ in 0..<500 {
            let secret = TokenSecret.random()
            let parts = secret.text.split(separator: "_")
            #expect(parts.map(\.count) == [3, 43, 6])
            #expect(parts[0] == "crp")
            #expect(
                parts.dropFirst().joined().utf8.allSatisfy {
                    Character(UnicodeScalar($0)).isLetter || Character(UnicodeScalar($0)).isNumber
                })
            #expect(TokenSecret(secret.text) == secret)
            #expect(secret.hash.count == 32)
            seen.insert(secret.text)
        }
        #expect(seen.count == 500)
    }

    @Test("one wrong character anywhere is noticed")
    func mistyped() {
        let text = Array(TokenSecret.random().text)
        for place in text.indices {
            var wrong = text
            wrong[place] = wrong[place] == "x" ? "y" : "x"
            #expect(TokenSecret(String(wrong)) == nil, "place \(place)")
        }
        for other in ["", "crp_", "crp__", String(text.dropLast()), String(text) + "0", " " + String(text)] {
            #expect(TokenSecret(other) == nil)
        }
    }

    @Test("the checksum is CRC-32 in base62, as GitHub's tokens have it")
    func checksum() {
        // CRC-32 of "crp_" and 43 zeros is what python3's zlib.crc32 says, in base62.
        let stem = "crp_" + String(repeating: "0", count: 43)
        #expect(TokenSecret(stem + "_0MDTOE")?.text == stem + "_0MDTOE")
    }
}
