import Testing

@testable import cellctl

@Suite struct ImportFormatTests {
    @Test(
        "a cell a line is NDJSON, what kubectl writes is JSON",
        arguments: [
            ("{\"id\":\"a\",\"zone\":\"z\"}\n{\"id\":\"b\"}\n", ImportFormat.ndjson),
            ("\n\n{\"id\":\"a\"}", ImportFormat.ndjson),
            ("{\n    \"apiVersion\": \"v1\",\n    \"items\": [", ImportFormat.json),
            ("{ \r\n\"items\":[]}", ImportFormat.json),
            ("{\"kind\":\"List\",\"items\":[]}\n", ImportFormat.json),
            ("{\"kind\":\"List\",\"items\":[" + String(repeating: "1,", count: 40_000), ImportFormat.json),
            ("{\"id\":\"a\",}\n{\"id\":\"b\"}\n", ImportFormat.ndjson),
            ("", ImportFormat.ndjson),
        ])
    func detected(text: String, mediaType: String) {
        #expect(ImportFormat.mediaType(head: Array(text.utf8)) == mediaType)
    }
}
