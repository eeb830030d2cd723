import JSON
import Testing

@testable import cellctl

@Suite struct AuditVerifierTests {
    /// Made apart from the code: `printf` of 32 zero bytes and the canonical line, through sha256sum.
    @Test("the first hash is over 32 zero bytes and the event's canonical JSON")
    func known() throws {
        let event = try json(#"{"revision":1,"actor":"admin","hash":"\#(Self.knownHash)"}"#)
        var verifier = AuditVerifier()
        try verifier.add(event)
        #expect(verifier.head.text == "1:\(Self.knownHash)")
    }

    private static let knownHash = "8f66ad64c1fbb95c7d34ff06914c8f0650186a1c12632034ace06abb87600096"

    @Test("a whole chain is followed to its head, whatever the order of members and what the answer adds")
    func whole() throws {
        var verifier = AuditVerifier()
        let chain = AuditChainMaker.chain(5)
        for event in chain { try verifier.add(event) }
        #expect(verifier.eventsCount == 5)
        #expect(verifier.head.revision == 5)
        #expect(chain[4]["hash"] == .string(AuditCheckpoint.hex(verifier.head.hash)))
    }

    @Test("an altered event breaks the chain at its revision")
    func altered() throws {
        var chain = AuditChainMaker.chain(5)
        chain[2] = chain[2].applyingMergePatch(["actor": "mallory"])
        #expect(
            message(chain)
                == "the audit breaks at revision 3: its content was altered, or something before it")
    }

    @Test("an altered event with a new hash breaks the chain at the next one")
    func rehashed() throws {
        var chain = AuditChainMaker.chain(5)
        let forged = AuditChainMaker.chain(5, actor: "mallory")
        chain[0] = forged[0]
        #expect(
            message(chain)
                == "the audit breaks at revision 2: its content was altered, or something before it")
    }

    @Test("an event that is taken out is missed")
    func removed() throws {
        var chain = AuditChainMaker.chain(5)
        chain.removeSubrange(1...2)
        #expect(message(chain) == "the audit breaks at revision 4: revisions 2 to 3 are missing")
    }

    @Test("an event that is put in or repeated is found")
    func inserted() throws {
        var chain = AuditChainMaker.chain(3)
        chain.insert(chain[1], at: 2)
        #expect(message(chain) == "the audit breaks at revision 2: it does not come after revision 2")
        #expect(
            message([["hello": 1]]) == "the audit breaks after revision 0: what follows is no audit event")
    }

    @Test("a checkpoint is read as it was written, and nothing else is")
    func checkpointText() throws {
        let text = "12:" + String(repeating: "ab", count: 32)
        #expect(AuditCheckpoint(text)?.text == text)
        for wrong in [
            "", "12", "12:ab", "x:\(text.dropFirst(3))", "-1:\(text.dropFirst(3))", text + "0",
            "12:" + String(repeating: "xy", count: 32),
        ] {
            #expect(AuditCheckpoint(wrong) == nil)
        }
    }

    @Test("a checkpoint that is not there, or has another hash, is a break")
    func checkpoint() throws {
        let chain = AuditChainMaker.chain(3)
        let right = try #require(AuditCheckpoint("2:\(chain[1]["hash"]?.string ?? "")"))
        try AuditVerifier.check(chain[1], against: right)
        #expect(throws: CommandFailure.self) { try AuditVerifier.check(nil, against: right) }
        #expect(throws: CommandFailure.self) { try AuditVerifier.check(chain[0], against: right) }
        let forged = AuditChainMaker.chain(3, actor: "mallory")
        #expect(throws: CommandFailure.self) { try AuditVerifier.check(forged[1], against: right) }
    }

    private func message(_ chain: [JSONValue]) -> String? {
        var verifier = AuditVerifier()
        do throws(CommandFailure) {
            for event in chain { try verifier.add(event) }
            return nil
        } catch {
            return error.message
        }
    }
}
