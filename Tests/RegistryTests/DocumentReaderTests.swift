import JSON
import Registry
import Testing

@Suite("Document reader")
struct DocumentReaderTests {
    @Test("everything that is wrong is told at once, each with its path")
    func allErrors() throws {
        let reader = try DocumentReader([
            "name": 7, "count": 1.5, "far": 11, "flag": "yes", "wait": "1 s", "at": "today", "mode": "best",
            "long": "12345", "tags": ["a", "a", 3, "b"], "labels": ["-x": "y", "ok": 5],
            "inside": ["deep": true, "odd": 1],
            "flat": [], "stray": absent,
        ])
        #expect(reader.required("name", reader.string("name")) == nil)
        #expect(reader.integer("count", in: 0...10) == nil)
        #expect(reader.integer("far", in: 0...10) == nil)
        #expect(reader.bool("flag") == nil)
        #expect(reader.duration("wait", in: .zero ... .seconds(60)) == nil)
        #expect(reader.timestamp("at") == nil)
        #expect(reader.choice("mode", Role.self) == nil)
        #expect(reader.string("long", bytesMax: 4) == nil)
        #expect(reader.list("tags", countMax: 4, "must be a word") { $0 } == ["a", "b"])
        #expect(reader.labels("labels") == [:])
        let inside: Int64?? = reader.nested("inside") { $0.integer("deep", in: 0...1) }
        #expect(inside == .some(nil))
        #expect(reader.nested("flat") { _ in 1 } == nil)
        #expect(reader.required("absent", reader.string("absent")) == nil)

        let error = #expect(throws: RegistryError.self) { try reader.finish() }
        #expect(error?.code == .invalidArgument)
        #expect(
            error?.errors.map(\.field) == [
                "name", "count", "far", "flag", "wait", "at", "mode", "long", "tags[1]", "tags[2]",
                "labels.-x", "labels.ok",
                "inside.deep", "inside.odd", "flat", "absent", "stray",
            ])
        #expect(error?.detail == "The field 'name' must be a string (and 16 more).")
        let messages = Dictionary(uniqueKeysWithValues: error?.errors.map { ($0.field, $0.message) } ?? [])
        #expect(messages["count"] == "must be a whole number from 0 to 10")
        #expect(messages["far"] == "must be a whole number from 0 to 10")
        #expect(messages["flag"] == "must be true or false")
        #expect(messages["wait"] == "must be a duration like 30s or 1h30m, from 0s to 1m0s")
        #expect(messages["mode"] == "must be one of gateway, viewer, cell, releaser, backup, operator, admin")
        #expect(messages["long"] == "must be at most 4 bytes")
        #expect(messages["tags[1]"] == "is given twice")
        #expect(messages["tags[2]"] == "must be a word")
        #expect(messages["inside.odd"] == "is not a field here; known are deep")
        #expect(messages["absent"] == "is required")
    }

    @Test("what is right is read, and what may be repeated is passed over")
    func read() throws {
        let reader = try DocumentReader([
            "name": "a", "count": 10.0, "flag": false, "wait": "1m", "at": "2026-01-31T12:03:10Z",
            "role": "operator",
            "tags": ["a", "b"], "labels": ["app": "cell"], "revision": "whatever",
        ])
        reader.ignore("revision")
        #expect(reader.required("name", reader.string("name")) == "a")
        #expect(reader.integer("count", in: 0...10) == 10)
        #expect(reader.bool("flag") == false)
        #expect(reader.duration("wait", in: .zero ... .seconds(60)) == .seconds(60))
        #expect(reader.timestamp("at")?.rawValue == 1_769_860_990_000)
        #expect(reader.choice("role", Role.self) == .operator)
        #expect(reader.list("tags", countMax: 2, "") { $0 } == ["a", "b"])
        #expect(reader.labels("labels") == ["app": "cell"])
        try reader.finish()
    }

    @Test("a list or a map over its limit is refused whole, and named once")
    func tooMany() throws {
        let reader = try DocumentReader(["tags": ["a", "b", 3], "labels": ["x": "1", "y": "2"]])
        #expect(reader.list("tags", countMax: 2, "") { $0 } == nil)
        let map = reader.map(
            "labels", countMax: 1, keyRule: "", isKey: { _ in true }, valueRule: "", \.string)
        #expect(map == nil)
        let error = #expect(throws: RegistryError.self) { try reader.finish() }
        #expect(
            error?.errors.map(\.message) == ["must have at most 2 entries", "must have at most 1 entries"])
    }

    @Test("a field that is there and null is of the wrong type, for only a merge patch takes fields away")
    func null() throws {
        let reader = try DocumentReader(["name": absent])
        #expect(reader.has("name"))
        #expect(reader.string("name") == nil)
        let error = #expect(throws: RegistryError.self) { try reader.finish() }
        #expect(error?.errors == [FieldError("name", "must be a string")])
    }

    @Test("labels hold no controls, and at most 63 bytes")
    func labelValues() throws {
        let long = String(repeating: "é", count: 31)
        let reader = try DocumentReader([
            "labels": [
                "a": "", "b": .string(long + "a"), "c": .string(long + "aa"), "d": "x\u{7}", "e": "x\u{85}",
            ]
        ])
        #expect(reader.labels("labels")?.keys.sorted() == ["a", "b"])
        let error = #expect(throws: RegistryError.self) { try reader.finish() }
        #expect(error?.errors.map(\.field) == ["labels.c", "labels.d", "labels.e"])
    }

    @Test("only an object is a document", arguments: [JSONValue.null, true, 1, 1.5, "x", []])
    func notAnObject(_ value: JSONValue) {
        let error = #expect(throws: RegistryError.self) { try DocumentReader(value) }
        #expect(error?.code == .invalidArgument)
    }

    private let absent = JSONValue.null

    @Test("objects in a list are read each with its own path")
    func objects() throws {
        let reader = try DocumentReader([
            "items": [["n": 1], ["n": 99, "odd": 1], 7, [:]], "more": [[:], [:]],
        ])
        let read = reader.objects("items", countMax: 4) { $0.integer("n", in: 0...9) }
        #expect(read == [1])
        #expect(reader.objects("more", countMax: 1) { _ in 1 } == nil)
        let error = #expect(throws: RegistryError.self) { try reader.finish() }
        #expect(error?.errors.map(\.field) == ["items[1].n", "items[1].odd", "items[2]", "more"])
    }
}
