import JSON
import Registry
import Testing

@Suite("Mover spec")
struct MoverSpecTests {
    @Test(
        "what is read is what is written",
        arguments: [
            ["type": "none"],
            ["type": "webhook", "url": "https://copier.titan.svc.cluster.local:8443/titan?cell=1&x=%20"],
            ["type": "webhook", "url": "https://[fd00::7]:8443"],
            ["type": "webhook", "url": "http://10.1.2.3/"],
            ["type": "webhook", "url": "HTTPS://Copier.Example/"],
            [
                "type": "webhook",
                "url": .string("https://copier.example/" + String(repeating: "a", count: 2025)),
            ],
        ] as [JSONValue])
    func roundTrip(_ document: JSONValue) throws {
        let (spec, errors) = try read(["mover": document])
        #expect(errors == [])
        #expect(try #require(spec).document == document)
    }

    @Test("none is the spec of no mover, and an absent field is no spec")
    func none() throws {
        #expect(try read(["mover": ["type": "none"]]).spec == MoverSpec.none)
        let absent = try read([:])
        #expect(absent.spec == nil)
        #expect(absent.errors == [])
    }

    @Test(
        "what is wrong is named, and makes no spec",
        arguments: [
            ("webhook", "mover"), (absent, "mover"), ([:], "mover.type"), (["type": "copy"], "mover.type"),
            (["type": "webhook"], "mover.url"), (["type": "webhook", "url": 7], "mover.url"),
            (["type": "none", "url": "https://copier.example/"], "mover.url"),
            (["type": "none", "speed": 1], "mover.speed"),
        ] as [(JSONValue, String)])
    func refused(_ document: JSONValue, _ field: String) throws {
        let (_, errors) = try read(["mover": document])
        #expect(errors.map(\.field) == [field])
    }

    @Test("a secret is refused with the reason, and not repeated")
    func secret() throws {
        let (_, errors) = try read([
            "mover": ["type": "webhook", "url": "https://copier.example/", "secret": "hunter2"]
        ])
        #expect(errors.map(\.field) == ["mover.secret"])
        #expect(errors.first?.message.contains("setting") == true)
        #expect(errors.first?.message.contains("hunter2") == false)
    }

    @Test(
        "a URL that hides where it leads, or leads nowhere, is refused",
        arguments: [
            "", "copier.example", "//copier.example/", "ftp://copier.example/", "file:///etc/passwd",
            "gopher://copier.example:70/", "https:copier.example", "https:/copier.example", "https://",
            "https:///x",
            "https://:443/", "https://user@copier.example/", "https://user:secret@copier.example/",
            "https://copier.example@127.0.0.1/", "https://copier.example/#top",
            "https://copier.example#@10.0.0.1/",
            #"https://copier.example\@10.0.0.1/"#, "https://copier.example/a b", " https://copier.example/",
            "https://copier.example/\n", "https://copier.example/\0", "https://①②⑦.⓪.⓪.①/",
            "https://127。0。0。1/",
            "https://bücher.example/", "https://copier.example:0/", "https://copier.example:65536/",
            "https://copier.example:08/", "https://copier.example:+8/", "https://copier.example:/",
            "https://a..b/",
            "https://a.b./", "https://[::1/", "https://[::1%25lo]/", "https://%31%32%37.0.0.1/",
            "https://a,b/",
            "https://a?@b@c/\u{7f}", "https://copier.example/{x}",
            "https://copier.example/" + String(repeating: "a", count: 2026),
        ])
    func urls(_ url: String) throws {
        let (_, errors) = try read(["mover": ["type": "webhook", "url": .string(url)]])
        #expect(errors.map(\.field) == ["mover.url"])
        #expect(errors.first?.message.contains("user:secret") != true)
    }

    private func read(_ document: JSONValue) throws -> (spec: MoverSpec?, errors: [FieldError]) {
        let reader = try DocumentReader(document)
        let spec = MoverSpec(from: reader, "mover")
        do {
            try reader.finish()
            return (spec, [])
        } catch {
            return (spec, error.errors)
        }
    }
}

private let absent = JSONValue.null
