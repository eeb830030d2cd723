import HTTP
import Testing

@Suite("ETag")
struct ETagTests {
    @Test("Tags are read as they are written")
    func roundTrip() {
        #expect(ETag("3f.17").description == "\"3f.17\"")
        #expect(ETag("a", isWeak: true).description == "W/\"a\"")
        #expect(ETag(parsing: "\"3f.17\"") == ETag("3f.17"))
        #expect(ETag(parsing: "W/\"a\"") == ETag("a", isWeak: true))
        #expect(ETag(parsing: "\"\"") == ETag(""))
    }

    @Test(
        "What is no tag is refused",
        arguments: ["", "a", "\"", "\"a", "a\"", "w/\"a\"", "\"a\"b", "\"a b\"", "\"a\",\"b\""])
    func malformed(text: String) {
        #expect(ETag(parsing: text) == nil)
    }

    @Test("Weak tags match weakly only")
    func comparison() {
        let strong = ETag("a")
        let weak = ETag("a", isWeak: true)
        #expect(strong.strongMatches(strong) && strong.weakMatches(strong))
        #expect(!strong.strongMatches(weak) && strong.weakMatches(weak))
        #expect(!weak.strongMatches(weak) && weak.weakMatches(weak))
        #expect(!strong.weakMatches(ETag("b")))
    }

    @Test("Lists and * are conditions")
    func conditions() throws {
        let list = try #require(ETagCondition(parsing: " \"a\" , W/\"b\",\"c,d\""))
        #expect(list == .tags([ETag("a"), ETag("b", isWeak: true), ETag("c,d")]))
        #expect(list.strongMatches(ETag("a")) && list.strongMatches(ETag("c,d")))
        #expect(!list.strongMatches(ETag("b")) && list.weakMatches(ETag("b")))
        #expect(!list.weakMatches(ETag("x")) && !list.weakMatches(nil) && !list.strongMatches(nil))
        let any = try #require(ETagCondition(parsing: "*"))
        #expect(any == .any)
        #expect(any.strongMatches(ETag("x")) && any.weakMatches(ETag("x")))
        #expect(!any.strongMatches(nil) && !any.weakMatches(nil))
    }

    @Test(
        "Malformed lists are no condition",
        arguments: ["", " ", "a", "\"a\" \"b\"", "\"a\",x", "*,\"a\"", ",\"a\""])
    func malformedConditions(text: String) {
        #expect(ETagCondition(parsing: text) == nil)
    }
}
