import HTTP
import Testing

@Suite("Query")
struct QueryTests {
    @Test("Names have their decoded values")
    func values() throws {
        let query = try Query(Array("a=1&b=x+y%2B&caf%C3%A9=%E2%82%AC&flag&e=&x=a=b&".utf8))
        #expect(query.names == ["a", "b", "café", "flag", "e", "x"])
        #expect(query["a"] == "1")
        #expect(query["b"] == "x y+")
        #expect(query["café"] == "€")
        #expect(query["flag"] == "")
        #expect(query["e"] == "")
        #expect(query["x"] == "a=b")
        #expect(query["missing"] == nil)
        #expect(try Query(nil).names.isEmpty)
        #expect(try Query([]).names.isEmpty)
    }

    @Test("What is malformed or comes twice is refused by name")
    func refused() {
        #expect(throws: QueryError.malformedValue(name: "a")) { try Query(Array("a=%4".utf8)) }
        #expect(throws: QueryError.malformedValue(name: "a")) { try Query(Array("a=%ff".utf8)) }
        #expect(throws: QueryError.malformedName) { try Query(Array("%zz=1".utf8)) }
        #expect(throws: QueryError.malformedName) { try Query(Array("=1".utf8)) }
        #expect(throws: QueryError.duplicate(name: "a")) { try Query(Array("a=1&%61=2".utf8)) }
    }
}

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test(
        "Every text comes back as it was", arguments: ["", "a-b._~", "a/b:c", "50 %+&=?#", "é€😀", "\u{0}\n"])
    func roundTrip(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(pathSegment: text).utf8) == text)
        #expect(PercentEncoding.decode(PercentEncoding.encode(queryValue: text).utf8) == text)
    }

    @Test("What has a meaning of its own is escaped")
    func escapes() {
        #expect(PercentEncoding.encode(pathSegment: "a/b:c d%") == "a%2Fb%3Ac%20d%25")
        #expect(PercentEncoding.encode(queryValue: "a&b=c+d") == "a%26b%3Dc%2Bd")
    }

    @Test(
        "Bad escapes and bad UTF-8 have no text",
        arguments: ["%", "%1", "%g0", "%0g", "a%", "%c3", "%ff", "%c0%af"])
    func malformed(text: String) {
        #expect(PercentEncoding.decode(text.utf8) == nil)
    }
}
