import Testing

@testable import ControlPlane

@Suite("Base64url")
struct EffectsTests {
    @Test(
        "bytes are written as RFC 4648 §10 has them, without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
            ("~~~???", "fn5-Pz8_"),
        ])
    func encoded(_ text: String, _ expected: String) { #expect(Base64URL.encode(text.utf8) == expected) }
}
