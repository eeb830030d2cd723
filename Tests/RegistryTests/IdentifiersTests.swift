import Registry
import Testing

@Suite("Identifiers")
struct IdentifiersTests {
    @Test(
        "a cell is named by a DNS label",
        arguments: ["a", "0", "cell-1", "a--b", String(repeating: "a", count: 63)])
    func cellIDsTaken(_ text: String) { #expect(CellID(text)?.rawValue == text) }

    @Test(
        "what is no DNS label names no cell",
        arguments: [
            "", "-", "-a", "a-", "A", "Cell-1", "a_b", "a.b", "a b", " a", "a\n", "é", "ａ", "cell-１",
            "a\u{0}",
            String(repeating: "a", count: 64),
        ])
    func cellIDsRefused(_ text: String) { #expect(CellID(text) == nil) }

    @Test(
        "a tenant is named by up to 128 bytes of printable UTF-8",
        arguments: [
            "a", "acme:eu", "acme.eu", "größe 😀", "...", ".a", "%2F", "\u{A0}", "日本語", "שלום", "a\u{301}",
            "👩‍👩‍👧‍👦",
            String(repeating: "a", count: 128), String(repeating: "é", count: 64),
            String(repeating: "😀", count: 32),
        ])
    func tenantIDsTaken(_ text: String) { #expect(TenantID(text)?.rawValue == text) }

    @Test(
        "controls, slashes, dot segments and overlong names name no tenant",
        arguments: [
            "", ".", "..", "a/b", "/", "a\\b", "a\u{0}", "\u{1}", "a\tb", "a\n", "\r", "\u{1F}", "\u{7F}",
            "\u{80}",
            "a\u{85}", "\u{9F}", "\u{2028}", "\u{2029}", String(repeating: "a", count: 129),
            String(repeating: "é", count: 64) + "a", String(repeating: "😀", count: 33),
        ])
    func tenantIDsRefused(_ text: String) { #expect(TenantID(text) == nil) }

    @Test("tenants' names differ where their bytes do, as in the database")
    func tenantIDsCompareByBytes() throws {
        let composed = try #require(TenantID("\u{E9}"))
        let decomposed = try #require(TenantID("e\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect(decomposed < composed)
    }

    @Test("tenants' names are ordered by their bytes")
    func tenantIDsInOrder() {
        let ids = ["a", "B", "é", "😀", "\u{FF5E}", "aa", "e\u{301}", "z"].compactMap(TenantID.init)
        let byBytes = ids.sorted {
            Array($0.rawValue.utf8).lexicographicallyPrecedes(Array($1.rawValue.utf8))
        }
        #expect(ids.sorted() == byBytes)
        #expect(ids.sorted().map(\.rawValue) == ["B", "a", "aa", "e\u{301}", "z", "é", "\u{FF5E}", "😀"])
    }

    @Test("an incarnation is twelve characters of its alphabet, and no two are the same")
    func incarnations() {
        let made = (0..<1000).map { _ in Incarnation.random() }
        #expect(Set(made).count == 1000)
        #expect(made.allSatisfy { Incarnation($0.rawValue) == $0 })
        for text in [
            "", "abcdefgh234", "abcdefgh23456", "abcdefgh2341", "abcdefgh2348", "ABCDEFGH2345",
            "abcdefgh234é",
        ] {
            #expect(Incarnation(text) == nil, "\(text)")
        }
    }

    @Test("a tag comes back from its text", arguments: [0, 1, 9, 10, 4_294_967_296, Int64.max])
    func tagsRoundTrip(_ number: Int64) throws {
        let tag = RevisionTag(try #require(Incarnation("abcdefgh2345")), Revision(rawValue: number))
        #expect(tag.description == "abcdefgh2345.\(number)")
        #expect(RevisionTag(tag.description) == tag)
    }

    @Test(
        "a tag in any other spelling is refused",
        arguments: [
            "", ".", "abcdefgh2345", "abcdefgh2345.", ".1", "abcdefgh2345.-1", "abcdefgh2345.+1",
            "abcdefgh2345.01",
            "abcdefgh2345.1.2", "abcdefgh2345.1 ", " abcdefgh2345.1", "abcdefgh2345.9223372036854775808",
            "abcdefgh2345.1e3", "abcdefgh2345.١", "abc.1", "ABCDEFGH2345.1", "\"abcdefgh2345.1\"",
        ])
    func tagsRefused(_ text: String) { #expect(RevisionTag(text) == nil) }

    @Test("revisions and epochs count up from their first")
    func counting() {
        #expect(Revision.zero.next == Revision(rawValue: 1))
        #expect(Revision.zero < Revision.zero.next)
        #expect(Epoch.first.rawValue == 1)
        #expect(Epoch.first < Epoch.first.next)
    }
}
