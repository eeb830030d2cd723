import JSON
import Registry
import Testing

@Suite("A migration's options")
struct MigrationOptionsTests {
    @Test("come back from what is stored of them, to the millisecond")
    func roundTrip() throws {
        let document: JSONValue = [
            "freezeDeadline": "1500ms", "deadline": "1m30s250ms", "reverseWindow": "167h59m59s1ms",
        ]
        let asked = try DocumentReader(document)
        let options = MigrationOptions(from: asked)
        try asked.finish()
        #expect(options.freezeDeadline == .milliseconds(1500))
        let stored = try DocumentReader(.object(options.document))
        let again = MigrationOptions(from: stored)
        try stored.finish()
        #expect(again == options)
    }
}
