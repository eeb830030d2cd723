import JSON
import Registry
import TestRandom
import Testing

@Suite("Audit event")
struct AuditEventTests {
    @Test("an event's canonical text is what the canonical writer makes of it", arguments: SeededRandom.seeds)
    func canonical(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            let event = Self.random(using: &random)
            let shown = try event.shown
            #expect(shown.encoded(.canonical) == event.canonical, "seed \(seed)")
            #expect(shown["actor"] == .string(event.actor))
            #expect(shown["reason"] == .string(event.reason))
            #expect(shown["requestId"] == .string(event.requestID))
            #expect(shown["at"] == .string(event.at.description))
            #expect(shown["document"]?.isNull == (event.document == nil))
        }
    }

    @Test("the members are these, in the order of their names")
    func members() throws {
        var random = SeededRandom(seed: 1)
        #expect(
            try Self.random(using: &random).shown.object?.keys == [
                "actor", "at", "document", "id", "kind", "operation", "previous", "reason", "requestId",
                "revision",
                "traceparent",
            ])
    }

    private static func random(using random: inout SeededRandom) -> AuditEvent {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "\u{301}", "\u{2028}", "😀",
        ]
        func text() -> String {
            var text = ""
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                text.unicodeScalars.append(scalars.randomElement(using: &random)!)
            }
            return text
        }
        let document: JSONValue = [
            "z": .string(text()), "a": [1, .string(text()), .null], "é": ["b": true, "B": -5],
        ]
        return AuditEvent(
            revision: Revision(rawValue: .random(in: 1...Int64.max, using: &random)),
            at: Timestamp(rawValue: .random(in: 0...4_000_000_000_000, using: &random)), actor: text(),
            operation: text(),
            kind: ResourceKind.allCases.randomElement(using: &random)!, id: text(),
            document: random.isOne(in: 4) ? nil : document.encodedString(.canonical),
            previous: Revision(rawValue: .random(in: 0...9, using: &random)), reason: text(),
            requestID: text(), traceparent: text())
    }
}
