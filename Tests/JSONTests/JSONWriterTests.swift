import JSON
import Testing

@Suite struct JSONWriterTests {
    @Test("Scopes, keys and values get their commas and colons")
    func writesScopes() {
        var writer = JSONWriter()
        writer.object { object in
            object.key("cells")
            object.array { array in
                array.string("a")
                array.integer(-1)
                array.number(1)
                array.bool(true)
                array.null()
                array.object { _ in }
                array.array { _ in }
                array.raw("[0]".utf8)
            }
            object.member("next", .null)
        }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"cells":["a",-1,1.0,true,null,{},[],[0]],"next":null}"#)
    }

    @Test("What a scope throws comes out of it")
    func passesErrorsOn() {
        struct Broken: Error {}
        var writer = JSONWriter()
        #expect(throws: Broken.self) { try writer.array { _ throws(Broken) in throw Broken() } }
    }

    @Test("Lines of NDJSON have no comma between them")
    func writesLines() {
        var writer = JSONWriter()
        for number in 1...2 {
            writer.value(["n": .integer(Int64(number))])
            writer.endLine()
        }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "{\"n\":1}\n{\"n\":2}\n")
    }

    @Test("Each style has its form")
    func styles() {
        let value: JSONValue = [
            "b": [1, [:], []], "a": ["x": "y"], "Z": 1.0, "é": .null, "😀": true, "\u{FF5E}": false,
        ]
        #expect(
            value.encodedString() == #"{"b":[1,{},[]],"a":{"x":"y"},"Z":1.0,"é":null,"😀":true,"～":false}"#)
        // Sorted by UTF-8 bytes, U+FF5E comes before U+1F600; UTF-16 would have it the other way round.
        #expect(
            value.encodedString(.canonical)
                == #"{"Z":1.0,"a":{"x":"y"},"b":[1,{},[]],"é":null,"～":false,"😀":true}"#)
        let pretty = """
            {
              "b": [
                1,
                {},
                []
              ],
              "a": {
                "x": "y"
              }
            }
            """
        #expect((["b": [1, [:], []], "a": ["x": "y"]] as JSONValue).encodedString(.pretty) == pretty)
    }

    @Test("Equal values have equal canonical bytes")
    func canonicalIsStable() throws {
        let one = try parse(#"{"a":{"y":1,"x":"\u0041\/"},"b":1e2}"#)
        let two = try parse(#" { "b" : 100.0, "a" : { "x" : "A/", "y" : 1 } } "#)
        #expect(one == two)
        #expect(one.encoded(.canonical) == two.encoded(.canonical))
    }

    @Test("Numbers are written short and come back the same; what JSON can't say is null")
    func numbers() throws {
        #expect(JSONValue.number(0.1).encodedString() == "0.1")
        #expect(JSONValue.number(1e300).encodedString() == "1e+300")
        #expect(JSONValue.number(-0.0).encodedString() == "-0.0")
        #expect(JSONValue.integer(.min).encodedString() == "-9223372036854775808")
        for value in [Double.infinity, -.infinity, .nan] {
            #expect(JSONValue.number(value).encodedString() == "null")
        }
    }

    @Test("A string is escaped as little as may be, byte by byte as the value is")
    func escapes() {
        for scalar in (0...0x2FF as ClosedRange<UInt16>).compactMap({ Unicode.Scalar($0) }) {
            let text = "1234567\(Character(scalar))8"
            let expected =
                switch scalar {
                case "\"": "\\\""
                case "\\": "\\\\"
                case "\u{8}": "\\b"
                case "\u{C}": "\\f"
                case "\n": "\\n"
                case "\r": "\\r"
                case "\t": "\\t"
                case "\0"..<"\u{10}": "\\u000" + String(scalar.value, radix: 16)
                case "\u{10}"..<" ": "\\u00" + String(scalar.value, radix: 16)
                default: String(Character(scalar))
                }
            var bytes: [UInt8] = []
            Array(text.utf8).withUnsafeBytes { JSONWriter.appendString(bytes: $0, to: &bytes) }
            #expect(String(decoding: bytes, as: UTF8.self) == "\"1234567\(expected)8\"")
            #expect(JSONValue.string(text).encoded() == bytes)
        }
    }

    @Test("An empty string without an address is written")
    func emptyString() {
        var bytes: [UInt8] = []
        JSONWriter.appendString(bytes: UnsafeRawBufferPointer(start: nil, count: 0), to: &bytes)
        #expect(bytes == Array("\"\"".utf8))
    }
}
