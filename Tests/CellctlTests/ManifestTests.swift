import JSON
import Testing

@testable import cellctl

@Suite struct ManifestTests {
    @Test("a document has its kind taken off and its set's label put on")
    func set() throws {
        let manifests = try Manifest.read(
            [["kind": "Cell", "id": "c", "labels": ["a": "b"]], ["kind": "Tenant", "id": "t"]], set: "prod")
        #expect(manifests.map(\.key.name) == ["cell/c", "tenant/t"])
        #expect(manifests[0].document == ["id": "c", "labels": ["a": "b", "titan.io/applied-by": "prod"]])
        #expect(manifests[1].document == ["id": "t", "labels": ["titan.io/applied-by": "prod"]])
        #expect(try Manifest.read([["kind": "Cell", "id": "c"]], set: nil)[0].document == ["id": "c"])
    }

    @Test(
        "a document that names no resource is refused by its number",
        arguments: [
            ([["id": "c"]], "document 1: 'kind' must be Cell or Tenant"),
            ([["kind": "Pod", "id": "c"]], "document 1: 'kind' must be Cell or Tenant"),
            ([["kind": "Cell", "id": "c"], ["kind": "Cell"]], "document 2: 'id' is missing"),
            ([["kind": "Tenant", "id": 12]], "document 1: 'id' must be a string (put it in quotes)"),
            (["x"], "document 1 is a string, and must be an object"),
            (
                [["kind": "Cell", "id": "c"], ["kind": "Cell", "id": "c"]],
                "cell/c is described twice; keep one document"
            ),
        ] as [(JSONValue, String)])
    func refused(documents: JSONValue, message: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try Manifest.read(documents.array ?? [], set: nil)
        }
        #expect(failure?.message == message)
    }
}
