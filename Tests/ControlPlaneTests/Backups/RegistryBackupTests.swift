import Foundation
import JSON
import ObjectStorage
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite struct RegistryBackupTests {
    @Test func aBackupIsRestoredAsAnotherIncarnationOfTheSame() async throws {
        let world = try BackupWorld()
        try await world.temporary { plane in
            try await plane.addCells(2)
            for number in 1...50 { try await plane.put(tenant: "t-\(number)", ["load": 1]) }
            let manifest = try world.backUp(plane)
            #expect(manifest.facts.cells == 2 && manifest.facts.tenants == 50)
            #expect(manifest.facts.revision == plane.revision)
            let again = try RegistryManifest(parsing: manifest.document.encoded(.pretty), of: manifest.name)
            #expect(again == manifest)
            // What comes later is not in it.
            try await plane.put(tenant: "later")

            let result = try await world.restore()
            #expect(result.manifest == manifest && result.replaced == nil)
            try await world.restored { restored in
                #expect(restored.incarnation == result.effects.incarnation)
                #expect(restored.incarnation != plane.incarnation)
                #expect(restored.revision.revision == manifest.facts.revision.revision.next)
                let tenants = try restored.store.read { try $0.tenantCount() }
                #expect(tenants == 50)
                let event = try restored.store.read {
                    try $0.events(after: manifest.facts.revision.revision, limit: 9)
                }
                #expect(
                    event.map(\.event.kind) == [.registry] && event[0].event.operation == "restoreRegistry")
                #expect(event[0].event.document?.contains(manifest.name) == true)
                let problems = try restored.store.problems().flatMap(\.problems)
                #expect(problems == [])
            }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: world.place)
        let hidden = left.filter { $0.hasPrefix(".") }
        #expect(hidden == [])
    }

    @Test func whatIsDamagedIsNotRestored() async throws {
        let world = try BackupWorld()
        try await world.temporary { plane in
            try await plane.addCells(1)
            let manifest = try world.backUp(plane)
            let object = URL(fileURLWithPath: world.place + "/" + manifest.object)
            let good = try Data(contentsOf: object)
            for position in stride(from: 0, to: good.count, by: max(1, good.count / 40)) {
                var bad = good
                bad[position] ^= 0x10
                try bad.write(to: object)
                await #expect(throws: BackupError.self) { _ = try await world.restore() }
            }
            try good.dropLast(1).write(to: object)
            await #expect(throws: BackupError.self) { _ = try await world.restore() }
            #expect(!FileManager.default.fileExists(atPath: world.target + "/registry.db"))
            try good.write(to: object)

            let path = URL(fileURLWithPath: world.place + "/" + RegistryManifest.manifest(of: manifest.name))
            let text = try String(contentsOf: path, encoding: .utf8)
            for (found, other) in [
                ("\"revision\": \(manifest.facts.revision.revision)", "\"revision\": 999"),
                (manifest.database.sha256, String(repeating: "0", count: 64)),
                ("\"formatVersion\": 1", "\"formatVersion\": 2"), (manifest.name, "another"),
            ] {
                #expect(text.contains(found))
                try text.replacingOccurrences(of: found, with: other).write(
                    to: path, atomically: false, encoding: .utf8)
                await #expect(throws: BackupError.self, "\(other)") { _ = try await world.restore() }
            }
            try text.write(to: path, atomically: false, encoding: .utf8)
            _ = try await world.restore()
        }
    }

    @Test func aRegistryThatIsThereIsRefusedOrMovedAside() async throws {
        let world = try BackupWorld()
        try await world.temporary { plane in
            try await plane.addCells(1)
            _ = try world.backUp(plane)
            _ = try await world.restore()
            await #expect(throws: BackupError.self) { _ = try await world.restore() }
            // In use: not even with `replaces`.
            try await world.restored { _ in
                do {
                    try await world.restore(replaces: true)
                    Issue.record("it was restored under a server")
                } catch let error as BackupError {
                    #expect(error.description.contains("in use"))
                }
            }
            let again = try await world.restore(replaces: true)
            let aside = try #require(again.replaced)
            #expect(FileManager.default.fileExists(atPath: aside + "/registry.db"))
            try await world.restored { #expect($0.incarnation == again.effects.incarnation) }
        }
    }

    @Test func anExchangeThatWasCutOffIsMarkedAndFinishedByTheNext() async throws {
        let world = try BackupWorld()
        try await world.temporary { plane in
            try await plane.addCells(1)
            _ = try world.backUp(plane)
            let mark = RegistryRestore.mark(in: world.target)
            try Data().write(to: URL(fileURLWithPath: mark))
            await #expect(throws: BackupError.self) { _ = try await world.restore() }
            _ = try await world.restore(replaces: true)
            #expect(!FileManager.default.fileExists(atPath: mark))
        }
    }

    @Test func onlyTheOldestOfTheSameIncarnationGo() async throws {
        let world = try BackupWorld()
        let backups = RegistryBackups(at: FolderStorage(path: world.place))
        try await world.temporary { plane in
            try await plane.addCells(1)
            var names: [String] = []
            for _ in 0..<4 {
                names.append(try world.backUp(plane).name)
                world.time.advance(.seconds(1))
            }
            _ = try await world.restore()
            try await world.restored { _ = try world.backUp($0) }
            let gone = try backups.keepLast(2, of: plane.incarnation)
            #expect(gone == Array(names[..<2]))
            let left = try backups.list().map(\.name)
            #expect(left.count == 3 && Array(left[..<2]) == Array(names[2...]))
        }
    }

    @Test func nothingIsKeptWhereTheCopyIsNone() throws {
        let world = try BackupWorld()
        let backup = RegistryBackup(
            to: FolderStorage(path: world.place), scratch: world.place, clock: world.time.clock,
            serverVersion: "t")
        #expect(throws: BackupError.self) {
            try backup.run("b") { try "no database".write(toFile: $0, atomically: false, encoding: .utf8) }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: world.place)
        #expect(left == [])
    }
}
