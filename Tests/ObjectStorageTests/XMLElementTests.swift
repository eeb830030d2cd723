import Testing

@testable import ObjectStorage

@Suite struct XMLElementTests {
    @Test func textEntitiesAndChildrenAreRead() throws {
        let text = """
            <?xml version="1.0"?>
            <List xmlns="http://s3"><Contents><Key>a&amp;b &#x41;&#66;</Key><Size>7</Size></Contents><Empty/></List>
            """
        let list = try #require(XMLElement(parsing: Array(text.utf8)))
        #expect(list.name == "List" && list.children.map(\.name) == ["Contents", "Empty"])
        #expect(list.children[0]["Key"] == "a&b AB")
        #expect(list.children[0]["Size"] == "7")
    }

    @Test(arguments: [
        "", "no XML", "<a>", "<a></b>", "<a>&lol;</a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        String(repeating: "<a>", count: 100),
    ]) func whatIsNotWellFormedIsNothing(_ text: String) {
        #expect(XMLElement(parsing: Array(text.utf8)) == nil)
    }
}
