import Store
import Testing

@Suite("Audit chain")
struct AuditChainTests {
    @Test("a link is SHA-256 of the hash before it and the event")
    func link() {
        // As python3 has it: hashlib.sha256(bytes(32) + b'abc').
        let hash = AuditChain.hash(after: AuditChain.start, Array("abc".utf8))
        #expect(AuditChain.start == [UInt8](repeating: 0, count: 32))
        #expect(hash.map { String($0, radix: 16) }.joined() == Self.expected)
        #expect(AuditChain.hash(after: hash, []) != hash)
    }

    private static let expected = "365aa7d8f7f9402c4b9434502b4cc89ddb9fe50d7cd95b493b834c62d5a5370"
}
