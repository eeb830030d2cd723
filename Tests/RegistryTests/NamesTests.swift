import Testing

@testable import Registry

@Suite("Names")
struct NamesTests {
    @Test(
        "an address is a host and a port",
        arguments: [
            "a:1", "order.cell-1.titan-cells.svc.cluster.local:8080", "10.0.0.1:65535", "[::1]:80",
            "[2001:db8::1]:443", "under_score:9", "UPPER:1",
        ])
    func addressesTaken(_ text: String) { #expect(Names.isAddress(text)) }

    @Test(
        "what can't be dialled is no address",
        arguments: [
            "", ":", "a", "a:", ":1", "a:0", "a:65536", "a:-1", "a:+80", "a:0080", "a: 80", "a:80 ", "a b:80",
            "a..b:80",
            ".a:80", "a.:80", "http://a:80", "a/b:80", "::1:80", "[]:80", "[zz]:80", "u@a:80", "é:80", "a:８０",
            String(repeating: "a", count: 64) + ":80",
        ])
    func addressesRefused(_ text: String) { #expect(!Names.isAddress(text)) }

    @Test("label keys are Kubernetes': letters and digits at both ends")
    func labelKeys() {
        for key in ["a", "app", "app.kubernetes.io/name", "A_b-c.9", String(repeating: "k", count: 63)] {
            #expect(Names.isLabelKey(key), "\(key)")
        }
        for key in ["", "-a", "a-", "a/", ".a", "a b", "é", "a=b", String(repeating: "k", count: 64)] {
            #expect(!Names.isLabelKey(key), "\(key)")
        }
    }

    @Test("words are up to 63 letters, digits, dots, dashes and underscores")
    func words() {
        for word in ["us-east-1a", "A", "-", "a.b_c", String(repeating: "w", count: 63)] {
            #expect(Names.isWord(word), "\(word)")
        }
        for word in ["", "a b", "a/b", "é", "a,b", String(repeating: "w", count: 64)] {
            #expect(!Names.isWord(word), "\(word)")
        }
    }
}
