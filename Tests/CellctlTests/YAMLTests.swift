import JSON
import Testing

@testable import cellctl

@Suite struct YAMLTests {
    @Test(
        "words that look like booleans, times or dates are strings",
        arguments: [
            "no", "NO", "yes", "on", "off", "y", "n", "12:30", "12:30:45", "2026-01-31", "1_000", "0b1", "1e",
            "0x", "-", "tRue",
        ])
    func norway(word: String) throws {
        #expect(
            try JSONValue.documents(yaml: "country: \(word == "-" ? "'-'" : word)") == [
                ["country": .string(word)]
            ])
    }

    @Test("plain scalars mean what YAML 1.2 says, quoted ones are strings")
    func scalars() throws {
        let yaml = """
            a: true
            b: 'true'
            c: 12
            d: "12"
            e: -1.5e3
            f: ~
            g:
            h: 0x1F
            i: 0o17
            j: !!str 5
            k: .5
            l: 007
            m: |
              two
              lines
            """
        let expected: JSONValue = [
            "a": true, "b": "true", "c": 12, "d": "12", "e": -1500.0, "f": .null, "g": .null, "h": 31,
            "i": 15,
            "j": "5", "k": 0.5, "l": 7, "m": "two\nlines",
        ]
        #expect(try JSONValue.documents(yaml: yaml).map { $0.encodedString() } == [expected.encodedString()])
    }

    @Test("whatever JSON holds comes back from YAML as it was, in its order")
    func roundTrip() throws {
        let strings = [
            "", " ", "no", "true", "null", "~", "1", "1.0", "-", "- a", "a: b", "a #b", "#a", "'", "\"",
            "a\nb", "\ttab",
            "é", "日本", "\u{1B}[0m", "@x", "`", "%", "&a", "*a", "!x", "|", ">", "?", ":", "{}", "[]", ",",
            "0x1",
            "0o7", "1e5", ".inf", "99999999999999999999", "2026-01-31T12:03:10Z", "cell-1",
            "shop.acme.com:80",
            "a\u{2028}b", "x\u{FEFF}", "=", "<<", "y", "trailing ", "--- x", "... x", "a\r\nb", "\u{85}",
            "x:", "-1", "+1",
        ]
        let value: JSONValue = [
            "strings": .array(strings.map { .string($0) }),
            "keys": .object(JSONObject(uniqueMembers: strings.map { ($0, .integer(1)) })),
            "numbers": [0, -7, 9_223_372_036_854_775_807, 1.5, 1e300, -0.25, 1e-7, 2.0],
            "nested": [[], [:], [[1]], ["a": ["b": [:]]]],
            "null": .null, "bools": [true, false],
        ]
        let yaml = try value.yaml()
        let back = try JSONValue.documents(yaml: yaml)
        #expect(back.map { $0.encodedString() } == [value.encodedString()])
    }

    @Test("a resource is written as people write YAML")
    func output() throws {
        let value: JSONValue = [
            "id": "cell-1", "zone": "no", "capacity": 100, "labels": [:], "hosts": ["a.com", "12"],
            "up": true, "x": .null,
            "endpoints": ["order": "h:80"],
        ]
        #expect(
            try value.yaml() == """
                id: cell-1
                zone: 'no'
                capacity: 100
                labels: {}
                hosts:
                - a.com
                - '12'
                up: true
                x: null
                endpoints:
                  order: h:80

                """)
    }

    @Test("several documents are read one by one, empty ones are left out")
    func stream() throws {
        #expect(try JSONValue.documents(yaml: "---\na: 1\n---\n---\nb: 2\n...\n") == [["a": 1], ["b": 2]])
        #expect(try JSONValue.documents(yaml: "# nothing\n").isEmpty)
    }

    @Test("anchors are followed")
    func anchors() throws {
        #expect(
            try JSONValue.documents(yaml: "a: &x {k: 1}\nb: *x") == [["a": ["k": 1], "b": ["k": 1]]])
    }

    @Test(
        "what can't be JSON is refused with its place",
        arguments: [
            ("a: 1\na: 2", "a"), ("a: .inf", "line 1, column 4"),
            ("a: 99999999999999999999", "line 1, column 4"),
            ("? [x]\n: 1", "must be text"), ("a: [1", "not YAML"), ("1: a\n'1': b", "twice"),
            (String(repeating: "[", count: 70) + String(repeating: "]", count: 70), "nested"),
        ])
    func refused(yaml: String, words: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try JSONValue.documents(yaml: yaml) }
        #expect(failure?.ending == .usage)
        #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
    }

    @Test("aliases of aliases can't fill the memory")
    func bomb() throws {
        var yaml = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 {
            let list = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",")
            yaml += "a\(level): &a\(level) [\(list)]\n"
        }
        let failure = #expect(throws: CommandFailure.self) { try JSONValue.documents(yaml: yaml) }
        #expect(failure?.message.contains("aliases stand for too many") == true)
    }
}
