import JSON
import Testing

@Suite struct JSONObjectTests {
    @Test(
        "Members keep their order; one that is set again keeps its place; nil removes",
        arguments: [3, 16, 17, 500])
    func keepsOrder(_ count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["m\(number)"] = .integer(Int64(number)) }
        #expect(object.keys == (0..<count).map { "m\($0)" })
        object["m1"] = "again"
        #expect(object[1] == ("m1", "again"))
        object["m0"] = nil
        object["absent"] = nil
        #expect(object.count == count - 1)
        #expect(object["m0"] == nil)
        for number in 2..<count { #expect(object["m\(number)"] == .integer(Int64(number))) }
        object["m0"] = .null
        #expect(object.keys.last == "m0")
        #expect(object["m0"] == .some(.null))
    }

    @Test("Objects are equal whatever the order of their members", arguments: [2, 40])
    func equality(_ count: Int) {
        let members = (0..<count).map { ("m\($0)", JSONValue.integer(Int64($0))) }
        let object = JSONObject(uniqueMembers: members)
        #expect(object == JSONObject(uniqueMembers: members.reversed()))
        var other = object
        other["m0"] = 7
        #expect(object != other)
        other["m0"] = nil
        #expect(object != other)
        other["x"] = 0
        #expect(object != other)
    }

    @Test("A copy does not change with its original")
    func copies() {
        var object: JSONObject = ["a": 1]
        let copy = object
        object["a"] = 2
        #expect(copy["a"] == 1)
        #expect(object.map { "\($0.key)=\($0.value.encodedString())" } == ["a=2"])
    }
}
