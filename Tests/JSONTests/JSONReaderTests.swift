import JSON
import Testing

/// The error of a document that must have one.
func failure(_ text: String, limits: JSONLimits = .standard) -> JSONError? {
    failure(Array(text.utf8), limits: limits)
}

func failure(_ bytes: [UInt8], limits: JSONLimits = .standard) -> JSONError? {
    do throws(JSONError) {
        _ = try JSONValue(parsing: bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

@Suite struct JSONReaderTests {
    @Test("What the grammar allows is read", arguments: JSONCorpus.accepted)
    func accepts(_ text: String) throws {
        let value = try parse(text)
        #expect(try parse(value.encodedString()) == value)
    }

    @Test(
        "What the grammar or our strictness forbids is refused within the document",
        arguments: JSONCorpus.refused)
    func refuses(_ text: String) throws {
        let error = try #require(failure(text))
        #expect((0...text.utf8.count).contains(error.offset))
        #expect(!error.message.isEmpty)
    }

    @Test("Invalid UTF-8 is refused in values, in names and after escapes", arguments: JSONCorpus.invalidText)
    func refusesInvalidText(_ bytes: [UInt8]) {
        #expect(failure(Array("[\"".utf8) + bytes + Array("\"]".utf8)) != nil)
        #expect(failure(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) != nil)
        #expect(failure(Array("[\"\\n".utf8) + bytes + Array("\\n\"]".utf8)) != nil)
        #expect(failure(Array("[\"123456789".utf8) + bytes + Array("123456789\"]".utf8)) != nil)
    }

    @Test("Other encodings are refused", arguments: JSONCorpus.otherEncodings)
    func refusesOtherEncodings(_ bytes: [UInt8]) {
        #expect(failure(bytes) != nil)
    }

    @Test("A document cut anywhere is refused")
    func refusesEveryPrefix() throws {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true,"e":false}}"#.utf8)
        #expect(failure(text) == nil)
        for count in 0..<text.count {
            #expect(failure(Array(text[..<count])) != nil, "cut at \(count)")
        }
    }

    @Test("Values arrive as they were written")
    func readsValues() throws {
        #expect(try parse("[1, 1.0, -0, 1e2, true, null]") == [1, 1.0, 0, 100.0, true, .null])
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("-9223372036854775808") == .integer(.min))
        #expect(try parse("9223372036854775808") == .number(0x1p63))
        #expect(try parse("-9223372036854775809").kind == "a number")
        #expect(try parse("0.1") == .number(0.1))
        #expect(try parse("5e-324") == .number(.leastNonzeroMagnitude))
        #expect(try parse("-0.0").number?.sign == .minus)
        #expect(try parse(#""\u0041\n\"\\\/\b\f\r\t\u00e9\ud83d\ude00""#) == "A\n\"\\/\u{8}\u{C}\r\té😀")
        #expect(try parse(#"{"b":1,"a":[{}]}"#) == ["a": [[:]], "b": 1])
        #expect(try parse(#"{"b":1,"a":2,"c":3}"#).object?.keys == ["b", "a", "c"])
    }

    @Test("Strings of every length and with every byte at every place are read alike")
    func readsStringsAtEveryPlace() throws {
        for count in 0..<40 {
            for place in 0...count {
                for special in ["", "\"", "\\", "\n", "\u{1F}", "\u{7F}", "é", "😀"] {
                    let text =
                        String(repeating: "a", count: place) + special
                        + String(repeating: "b", count: count - place)
                    let encoded = JSONValue.string(text).encoded()
                    #expect(try JSONValue(parsing: encoded) == .string(text))
                }
            }
        }
    }

    @Test("Nesting is allowed up to the limit and not beyond, without harm to the stack")
    func limitsDepth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(failure(nested(32)) == nil)
        #expect(failure(nested(33))?.offset == 32)
        #expect(failure(nested(33))?.message.contains("32 deep") == true)
        #expect(
            failure(String(repeating: "{\"a\":", count: 32) + "1" + String(repeating: "}", count: 32)) == nil)
        #expect(
            failure(String(repeating: "{\"a\":", count: 33) + "1" + String(repeating: "}", count: 33)) != nil)
        #expect(failure(String(repeating: "[", count: 1_000_000)) != nil)
        #expect(failure("[[1]]", limits: JSONLimits(depthMax: 1)) != nil)
        #expect(failure(nested(256), limits: JSONLimits(depthMax: 256)) == nil)
    }

    @Test("The number of values is limited")
    func limitsValues() {
        let limits = JSONLimits(valuesMax: 4)
        #expect(failure("[1,{\"a\":2}]", limits: limits) == nil)
        #expect(failure("[1,{\"a\":2},3]", limits: limits)?.message.contains("more than 4 values") == true)
    }

    @Test("The length of a number is limited")
    func limitsNumbers() {
        #expect(failure("0." + String(repeating: "1", count: 126)) == nil)
        #expect(failure("0." + String(repeating: "1", count: 127)) != nil)
        #expect(failure(String(repeating: "9", count: 100_000)) != nil)
    }

    @Test("A name that is there twice is refused by name, at any depth and size")
    func refusesDuplicates() throws {
        let error = try #require(failure("{\"x\":[0,{\"a\":1,\n \"a\":2}]}"))
        #expect(error.message == "The member \"a\" is there twice; keep one.")
        #expect(error.pointer == "/x/1/a")
        #expect((error.line, error.column, error.offset) == (2, 2, 17))
        for count in [1, 15, 16, 17, 18, 1_000] {
            let members = (0..<count).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
            #expect(failure("{\(members)}") == nil)
            for twice in [0, count / 2, count - 1] {
                #expect(failure("{\(members),\"m\(twice)\":0}")?.pointer == "/m\(twice)")
            }
        }
    }

    @Test("A long name is cut and a control character escaped in the message")
    func quotesNamesSafely() throws {
        let long = String(repeating: "k", count: 10_000)
        #expect(try #require(failure("{\"\(long)\":1,\"\(long)\":1}")).message.utf8.count < 200)
        #expect(failure(#"{"\u0007":1,"\u0007":1}"#)?.message.contains(#""\u0007""#) == true)
    }

    @Test("An error says where it is, in lines, characters and by pointer")
    func locatesErrors() throws {
        let error = try #require(failure("{\n  \"é/~\": [1,\n \"ééé\", x]\n}"))
        #expect((error.line, error.column, error.pointer) == (3, 9, "/é~1~0/2"))
        #expect(error.message == "Expected a value, found 'x'.")
        #expect(error.description == "line 3, column 9 (/é~1~0/2): Expected a value, found 'x'.")
        #expect(failure("[1")?.message.contains("document ends here") == true)
        #expect(failure("[\u{1}")?.message == "Expected a value, found the byte 0x1.")
        #expect(failure("")?.message == "The document is empty; send one JSON value.")
        #expect(failure("\u{FEFF}{}")?.message.contains("byte order mark") == true)
    }

    @Test("An object of a hundred thousand members is read and looked up")
    func readsLargeObjects() throws {
        let text = "{" + (0..<100_000).map { "\"m\($0)\":\($0)" }.joined(separator: ",") + "}"
        let value = try parse(text)
        #expect(value.object?.count == 100_000)
        #expect(value["m99999"] == 99_999)
        #expect(value.encodedString() == text)
    }

    @Test("What is written is read back equal, in every style", arguments: [1, 2, 3] as [UInt64])
    func roundTrips(_ seed: UInt64) throws {
        var generator = Seeded(seed)
        for round in 0..<400 {
            let value = generator.value(depth: 5)
            for style in [JSONWriter.Style.compact, .pretty, .canonical] {
                #expect(try JSONValue(parsing: value.encoded(style)) == value, "seed \(seed), round \(round)")
            }
        }
    }

    @Test("Bytes changed at random never trap and are read or refused", arguments: [4, 5] as [UInt64])
    func survivesMutations(_ seed: UInt64) throws {
        var generator = Seeded(seed)
        for round in 0..<2_000 {
            var bytes = generator.value(depth: 4).encoded()
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
            }
            if let error = failure(bytes) {
                #expect((0...bytes.count).contains(error.offset), "seed \(seed), round \(round)")
            } else {
                let value = try JSONValue(parsing: bytes)
                #expect(try JSONValue(parsing: value.encoded()) == value, "seed \(seed), round \(round)")
            }
        }
    }
}
