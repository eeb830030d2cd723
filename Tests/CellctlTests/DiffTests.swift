import JSON
import Testing

@testable import cellctl

@Suite struct DiffTests {
    @Test("each field that differs has a line; what every write changes has none")
    func update() throws {
        let before = try json(
            #"{"id":"c","capacity":100,"labels":{"old":"x","tier":"1","a.b":"n"},"hosts":["a","b"],"revision":3}"#
        )
        let after = try json(
            #"{"id":"c","capacity":200,"labels":{"tier":"gold","a.b":"y"},"hosts":["b","c"],"pinned":true,"revision":9}"#
        )
        #expect(
            Diff.lines(from: before, to: after, noPaint) == [
                "~ capacity: 100 → 200", "- labels.old: x", #"~ labels.tier: "1" → gold"#,
                #"~ labels."a.b": "n" → "y""#, "- hosts[]: a", "+ hosts[]: c", "+ pinned: true",
            ])
    }

    @Test("a new resource is all additions, a deleted one all removals, empty parts are not mentioned")
    func createAndDelete() throws {
        let resource = try json(#"{"id":"c","endpoints":{"order":"h:1"},"labels":{}}"#)
        #expect(Diff.lines(from: nil, to: resource, noPaint) == ["+ id: c", "+ endpoints.order: h:1"])
        #expect(Diff.lines(from: resource, to: .null, noPaint) == ["- id: c", "- endpoints.order: h:1"])
    }

    @Test("a list in another order is a change of the whole list")
    func order() {
        #expect(
            Diff.lines(from: ["hosts": ["a", "b"]], to: ["hosts": ["b", "a"]], noPaint) == [
                #"~ hosts: ["a","b"] → ["b","a"]"#
            ])
    }

    @Test("a new list is told by its elements, an empty one not at all")
    func newList() {
        #expect(
            Diff.lines(from: nil, to: ["hosts": ["a", "b"]], noPaint) == ["+ hosts[]: a", "+ hosts[]: b"])
        #expect(Diff.lines(from: ["hosts": []], to: ["hosts": .null], noPaint) == [])
        #expect(Diff.lines(from: ["hosts": ["a", "a"]], to: ["hosts": ["a"]], noPaint).count == 1)
    }

    @Test("equal states differ in nothing, and a null is nothing")
    func nothing() {
        #expect(Diff.changes(from: ["a": 1, "b": .null], to: ["a": 1]).isEmpty)
        #expect(Diff.changes(from: ["revision": 1], to: ["revision": 2]).isEmpty)
    }

    @Test("an effect is headed by its sign and name, coloured by what it does")
    func effect() throws {
        let effect = try #require(
            Effect([
                "kind": "cell", "id": "cell-1", "action": "update", "before": ["n": 1], "after": ["n": 2],
            ]))
        #expect(effect.lines(noPaint) == ["~ cell/cell-1", "    ~ n: 1 → 2"])
        #expect(effect.lines(Paint(enabled: true))[0] == "\u{1B}[33m~ cell/cell-1\u{1B}[0m")
        #expect(Effect(["kind": "cell", "id": "cell-1", "action": "explode"]) == nil)
    }
}
