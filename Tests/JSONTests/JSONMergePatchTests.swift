import JSON
import Testing

@Suite struct JSONMergePatchTests {
    /// RFC 7396, appendix A: original, patch, result.
    static let table: [(String, String, String)] = [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, #"null"#, #"null"#),
        (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        (#"[1,2]"#, #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ]

    @Test("The RFC's examples come out as it says", arguments: table)
    func example(_ row: (original: String, patch: String, result: String)) throws {
        let result = try parse(row.original).applyingMergePatch(try parse(row.patch))
        #expect(result.encodedString() == row.result)
    }

    @Test("A computed patch leads to its target", arguments: [1, 2, 3] as [UInt64])
    func leadsToTarget(_ seed: UInt64) {
        var generator = Seeded(seed)
        for round in 0..<500 {
            let source = generator.value(depth: 4)
            let target = generator.value(depth: 4, allowingNull: false)
            let patch = JSONValue.mergePatch(from: source, to: target)
            #expect(source.applyingMergePatch(patch) == target, "seed \(seed), round \(round)")
        }
    }

    @Test("A computed patch holds what differs and no more")
    func isSmall() throws {
        let source = try parse(#"{"a":1,"b":{"c":2,"d":3},"e":[1]}"#)
        #expect(JSONValue.mergePatch(from: source, to: source) == [:])
        let target = try parse(#"{"b":{"c":2,"d":4},"e":[1],"f":{}}"#)
        #expect(JSONValue.mergePatch(from: source, to: target) == ["a": .null, "b": ["d": 4], "f": [:]])
    }

    @Test("A patch that removes a hundred thousand members is applied")
    func removesMany() {
        let many = JSONObject(uniqueMembers: (0..<100_000).map { ("m\($0)", JSONValue.integer(1)) })
        let patch = JSONObject(uniqueMembers: many.keys.dropFirst().map { ($0, JSONValue.null) })
        #expect(JSONValue.object(many).applyingMergePatch(.object(patch)) == ["m0": 1])
    }
}
