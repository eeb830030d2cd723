import TestRandom
import Testing

@testable import Registry

@Suite("Host")
struct HostTests {
    @Test(
        "every spelling of a name comes out the same",
        arguments: [
            ("shop.acme.com", "shop.acme.com"), ("SHOP.Acme.COM", "shop.acme.com"),
            ("shop.acme.com.", "shop.acme.com"),
            ("a", "a"), ("a-b.c--d", "a-b.c--d"), ("my_shop.example", "my_shop.example"),
            ("3com.com", "3com.com"),
            ("10.0.0.1", "10.0.0.1"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.Example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"), ("bücher.example.", "xn--bcher-kva.example"),
            ("bücher。example", "xn--bcher-kva.example"), ("bücher．example", "xn--bcher-kva.example"),
            ("bücher.example。", "xn--bcher-kva.example"), ("ｓｈｏｐ．ａｃｍｅ．ｃｏｍ", "shop.acme.com"),
            ("faß.de", "xn--fa-hia.de"), ("fass.de", "fass.de"), ("βόλος.com", "xn--nxasmm1c.com"),
            ("日本語.jp", "xn--wgv71a119e.jp"), ("😀.example", "xn--e28h.example"),
            ("kelvin\u{212A}.com", "kelvink.com"),
            ("soft\u{AD}hyphen.com", "softhyphen.com"),
        ])
    func normalised(_ text: String, _ host: String) { #expect(Host.normalised(text) == host) }

    @Test(
        "what is no host name is refused",
        arguments: [
            "", ".", "..", "a..b", ".a", "a..", "-a.com", "a-.com", "a b", " a", "a\n", "shop.acme.com:443",
            "[::1]", "::1",
            "http://a.com", "a/b", "a?b", "a#b", "a@b", "a%41", "a\\b", "*.acme.com", "a,b", "a\u{0}b",
            "1.2.3", "12",
            "a.1", "1.2.3.4.5", "bücher.example:80", "bü cher.de", "bü/cher", "bü%63her.de", "bü@x.de",
            "ü..de", "。", "ü\u{0}.de",
            "ü／x.de", "ü：80", "ü＠x.de",
            String(repeating: "a", count: 64) + ".com", String(repeating: "ü", count: 60) + ".com",
            Array(repeating: String(repeating: "a", count: 50), count: 5).joined(separator: "."),
            String(repeating: "ü.", count: 2000),
        ])
    func refused(_ text: String) {
        #expect(Host.normalised(text) == nil, "became \(Host.normalised(text) ?? "")")
    }

    @Test("the longest names fit: 63 bytes a label, 253 in all")
    func longest() {
        let label = String(repeating: "a", count: 63)
        let name = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(name.utf8.count == 253)
        #expect(Host.normalised(name) == name)
        #expect(Host.normalised(name + ".") == name)
        #expect(Host.normalised(name + "b") == nil)
    }

    @Test("a normalised name is its own normal form", arguments: SeededRandom.seeds)
    func idempotent(_ seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let letters = Array("aZ0-_.üßΣςéİı。．日😀٣\u{200D}\u{301}ﬁⅧ")
        var taken = 0
        for _ in 0..<3000 {
            let text = String(
                (0..<Int.random(in: 1...12, using: &random)).map { _ in letters.randomElement(using: &random)!
                })
            guard let host = Host.normalised(text) else { continue }
            taken += 1
            #expect(Host.normalised(host) == host, "\(text), seed \(seed)")
            #expect(
                host.utf8.allSatisfy { $0 < 0x80 && !(0x41...0x5A).contains($0) }, "\(text), seed \(seed)")
        }
        #expect(taken > 50, "seed \(seed)")
    }
}
