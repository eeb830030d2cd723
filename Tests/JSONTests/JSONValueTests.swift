import JSON
import Testing

@Suite struct JSONValueTests {
    @Test("An accessor gives the value of its kind and nil for the others")
    func accessors() {
        let all: [JSONValue] = [.null, true, 1, 1.5, "a", [1], ["a": 1]]
        #expect(all.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(all.map(\.bool) == [nil, true, nil, nil, nil, nil, nil])
        #expect(all.map(\.integer) == [nil, nil, 1, nil, nil, nil, nil])
        #expect(all.map(\.number) == [nil, nil, 1, 1.5, nil, nil, nil])
        #expect(all.map(\.string) == [nil, nil, nil, nil, "a", nil, nil])
        #expect(all.map(\.array) == [nil, nil, nil, nil, nil, [1], nil])
        #expect(all.map(\.object) == [nil, nil, nil, nil, nil, nil, ["a": 1]])
        #expect(
            all.map(\.kind) == [
                "null", "a boolean", "an integer", "a number", "a string", "an array", "an object",
            ])
    }

    @Test("A number without a fraction is an integer too, as far as doubles have each one")
    func wholeNumbers() {
        let numbers: [(Double, Int64?)] = [
            (1, 1), (-3e3, -3000), (-0.0, 0), (0x1p53, 1 << 53), (-0x1p53, -1 << 53), (0x1p53 + 2, nil),
            (1e300, nil),
            (0.5, nil), (-.infinity, nil), (.nan, nil),
        ]
        for (number, integer) in numbers { #expect(JSONValue.number(number).integer == integer) }
    }

    @Test("Members and elements are reached by subscript, and absent ones are nil")
    func subscripts() {
        let value: JSONValue = ["cells": [["id": "cell-001"]], "none": .null]
        #expect(value["cells"]?[0]?["id"] == "cell-001")
        #expect(value["cells"]?[1] == nil)
        #expect(value["cells"]?[-1] == nil)
        #expect(value["none"] == .some(.null))
        #expect(value["other"] == nil)
        #expect(value[0] == nil)
        #expect(JSONValue.integer(1)["a"] == nil)
    }

    @Test("An integer and a number are different values")
    func integerIsNoNumber() {
        #expect(JSONValue.integer(1) != .number(1))
        #expect("cell-\(1)" as JSONValue == .string("cell-1"))
    }
}
