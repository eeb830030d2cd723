import JSON
import Testing

@testable import cellctl

@Suite struct FieldAssignmentTests {
    @Test("assignments make one merge patch, a later one wins")
    func patch() throws {
        let arguments = [
            "capacity=200", "labels.tier=gold", "labels.old=null", #"labels.titan\.io/set="1""#, "zone=no",
            "zone=x=y",
            #"hosts=["a","b"]"#, "note=", "pinned=true",
        ]
        let patch = FieldAssignment.patch(try arguments.map { try #require(FieldAssignment(argument: $0)) })
        #expect(
            patch == [
                "capacity": 200, "labels": ["tier": "gold", "old": .null, "titan.io/set": "1"], "zone": "x=y",
                "hosts": ["a", "b"], "note": "", "pinned": true,
            ])
    }

    @Test("what is no assignment is refused", arguments: ["capacity", "=1", "a..b=1", ".a=1", #"a={"b""#])
    func refused(argument: String) {
        #expect(FieldAssignment(argument: argument) == nil)
    }
}
