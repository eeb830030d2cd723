import Registry
import Testing

@testable import ControlPlane

@Suite("Webhook secret")
struct WebhookSecretTests {
    @Test("one line end behind it is not part of it")
    func lineEnd() throws {
        let plain = try signature(secretText)
        #expect(try signature(secretText + "\n") == plain)
        #expect(try signature(secretText + "\r\n") == plain)
        #expect(try signature(secretText + "\r") != plain)
        #expect(try signature(secretText + "\n\n") != plain)
    }

    @Test("it has 32 to 4096 bytes")
    func size() throws {
        for count in [32, 4096] { _ = try WebhookSecret([UInt8](repeating: 7, count: count)) }
        for count in [0, 31, 4097] {
            let error = #expect(throws: RegistryError.self) {
                try WebhookSecret([UInt8](repeating: 7, count: count))
            }
            #expect(error?.detail.contains("\(count)") == true)
        }
        #expect(throws: RegistryError.self) { try WebhookSecret([UInt8](repeating: 7, count: 31) + [0x0A]) }
    }

    @Test("it prints as nothing, whoever prints it")
    func printing() throws {
        let secret = try WebhookSecret(Array(secretText.utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        dump(try WebhookSettings(secret: secret), to: &dumped)
        let first = String(secretText.utf8.first ?? 0)
        for text in ["\(secret)", String(reflecting: secret), "\([secret])", dumped] {
            #expect(!text.contains(secretText))
            #expect(!text.contains(first))
        }
    }

    @Test("it signs as openssl does, with a key longer than a block of SHA-256 too")
    func longKey() throws {
        let key = [UInt8](repeating: 0xAA, count: 131)
        let signed = try WebhookSecret(key).signature(timestamp: "17", body: Array("{}".utf8))
        #expect(try signed == "v1=" + opensslHMAC(Array("17.{}".utf8), key: key))
    }

    private func signature(_ text: String) throws -> String {
        try WebhookSecret(Array(text.utf8)).signature(timestamp: "1", body: [1, 2, 3])
    }
}
