import Crypto
import Registry

/// What webhooks are signed with. It prints as nothing, so that no log or message can hold it by mistake.
public struct WebhookSecret: Sendable {
    private let bytes: [UInt8]

    /// The content of a secret's file, without the one line end behind it that an editor leaves there.
    ///
    /// - Throws: `invalidArgument` for one that is too short or too long.
    public init(_ content: [UInt8]) throws(RegistryError) {
        var bytes = content
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.count < content.count, bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard (Limits.webhookSecretBytesMin...Limits.webhookSecretBytesMax).contains(bytes.count) else {
            throw RegistryError(
                .invalidArgument,
                "A webhook secret has \(Limits.webhookSecretBytesMin) to \(Limits.webhookSecretBytesMax) bytes, not \(bytes.count)."
            )
        }
        self.bytes = bytes
    }

    /// `v1=` and the hex HMAC-SHA256 (RFC 2104) over the time, a dot, and the body.
    ///
    /// The time is signed with the body, so that a receiver can tell a recorded call that is played again.
    func signature(timestamp: String, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: bytes))
        code.update(data: Array("\(timestamp).".utf8))
        code.update(data: body)
        return "v1="
            + code.finalize().map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
    }

    /// Another secret as the database keeps it: whoever has that alone can't read it.
    func sealing(_ secret: WebhookSecret) throws -> [UInt8] {
        Array(try ChaChaPoly.seal(secret.bytes, using: sealingKey).combined)
    }

    /// Nil where a secret other than this one has sealed it.
    func opening(_ sealed: [UInt8]) -> WebhookSecret? {
        guard let box = try? ChaChaPoly.SealedBox(combined: sealed),
            let bytes = try? ChaChaPoly.open(box, using: sealingKey)
        else { return nil }
        return try? WebhookSecret(Array(bytes))
    }

    private var sealingKey: SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: bytes), info: Array("webhook secrets".utf8),
            outputByteCount: 32)
    }

    /// The text without this secret in it: a receiver might quote what it was configured with.
    func removed(from text: String) -> String {
        guard let secret = String(validating: bytes, as: UTF8.self) else { return text }
        return text.replacing(secret, with: "[secret]")
    }
}

extension WebhookSecret: CustomStringConvertible, CustomReflectable {
    public var description: String { "[secret]" }
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
