import JSON
import Testing

@testable import cellctl

@Suite struct DocumentsTests {
    @Test("JSON is read as JSON, YAML's flow style as YAML")
    func forms() throws {
        #expect(try parse(#"{"a":"no","b":1}"#) == [["a": "no", "b": 1]])
        #expect(try parse("{a: no, b: 1}") == [["a": "no", "b": 1]])
        #expect(try parse("a: 1") == [["a": 1]])
    }

    @Test("a list counts as its items")
    func lists() throws {
        #expect(try parse(#"[{"a":1},{"a":2}]"#) == [["a": 1], ["a": 2]])
        #expect(try parse("items:\n- a: 1\n- a: 2") == [["a": 1], ["a": 2]])
        #expect(try parse(#"{"kind":"List","items":[{"a":1}]}"#) == [["a": 1]])
        #expect(try parse(#"{"kind":"Cell","items":[]}"#) == [["kind": "Cell", "items": []]])
    }

    @Test("a file that is named JSON must be JSON")
    func strict() {
        let failure = #expect(throws: CommandFailure.self) {
            try Documents.parse(Array("{a: 1}".utf8), isJSON: true)
        }
        #expect(failure?.message.contains("not JSON") == true)
    }

    @Test("bytes that are no text are refused")
    func bytes() {
        #expect(throws: CommandFailure.self) { try Documents.parse([0x61, 0xFF]) }
    }

    @Test("a file that is not there is a usage error that names it")
    func missing() {
        let failure = #expect(throws: CommandFailure.self) { try Documents.read("/no/such/file.yaml") }
        #expect(failure?.message == "can't open /no/such/file.yaml: No such file or directory")
    }

    private func parse(_ text: String) throws -> [JSONValue] { try Documents.parse(Array(text.utf8)) }
}
