import JSON
import Registry
import Testing

@Suite("A release")
struct ReleaseTests {
    private static let name = ReleaseName("v1.1.0")!

    private static func read(_ document: JSONValue) throws -> Release {
        try Release(document: document, name: name)
    }

    private static func record(_ images: [String: String], isUsed: Bool) -> ReleaseRecord {
        ReleaseRecord(
            release: Release(name: name, images: images), isUsed: isUsed,
            revision: Revision(rawValue: 1), createdAt: RolloutWorld.start, updatedAt: RolloutWorld.start)
    }

    @Test("what was written is read back the same, and so is what is shown")
    func roundTrip() throws {
        let release = Release(
            name: Self.name,
            images: ["order-service": "titan/order-service:v1.1.0", "payment": "p@sha256:1"],
            notes: "fixes", labels: ["team": "orders"])
        #expect(try Self.read(release.document) == release)
        var record = Self.record(release.images, isUsed: true)
        record.release = release
        #expect(try Self.read(.object(record.shown)) == release)
    }

    @Test("all that is wrong is named by its field")
    func refused() {
        let document: JSONValue = [
            "name": "v2", "images": ["Order": "x", "payment": "has space"], "notes": 1, "lables": [:],
        ]
        do {
            _ = try Self.read(document)
            Issue.record("was taken")
        } catch let error as RegistryError {
            #expect(
                Set(error.errors.map(\.field)) == [
                    "name", "images.Order", "images.payment", "notes", "lables",
                ])
        } catch {
            Issue.record(error)
        }
    }

    @Test("without an image it is none", arguments: [[:], ["images": [:]]] as [JSONValue])
    func empty(_ document: JSONValue) {
        #expect(throws: RegistryError.self) { try Self.read(document) }
    }

    @Test("its images are fixed once a rollout has used it; the same again, and other notes, are fine")
    func immutable() throws {
        let new = Release(name: Self.name, images: ["order-service": "b", "payment": "c"])
        try ReleaseRules.check(replacing: Self.record(["order-service": "a"], isUsed: false), with: new)
        do {
            try ReleaseRules.check(replacing: Self.record(["order-service": "a"], isUsed: true), with: new)
            Issue.record("was replaced")
        } catch {
            #expect(error.code == .inUse)
            #expect(error.errors.map(\.field) == ["images.order-service", "images.payment"])
        }
        var mended = new
        mended.notes = "typo mended"
        try ReleaseRules.check(replacing: Self.record(new.images, isUsed: true), with: mended)
        try ReleaseRules.check(deleting: Self.record(["order-service": "a"], isUsed: false))
        #expect(throws: RegistryError.self) {
            try ReleaseRules.check(deleting: Self.record(["order-service": "a"], isUsed: true))
        }
    }

    @Test("what a cell ran before is what it was meant to run, else what its document declares, else unknown")
    func before() {
        let kept = CellService(
            cell: CellID("cell-1")!, service: "order",
            desired: ServiceVersion(release: Self.name, image: "o:1"),
            rollout: RolloutID("rollout-aaaaaaaaaaaa")!)
        let before = CellVersions(
            of: ["order", "payment", "stock"], kept: [kept], declared: ["order": "o:0", "payment": "p:0"])
        #expect(before.services["order"] == ServiceVersion(release: Self.name, image: "o:1"))
        #expect(before.services["payment"] == ServiceVersion(image: "p:0"))
        #expect(before.unknown == ["stock"])
        #expect(before.release == nil)
        #expect(CellVersions(document: before.document) == before)
        #expect(CellVersions(["a": ServiceVersion(release: Self.name, image: "x")]).release == Self.name)
    }
}
