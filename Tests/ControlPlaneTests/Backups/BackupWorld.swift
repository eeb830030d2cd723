import Foundation
import ObjectStorage
import Registry
import Store
import Testing

@testable import ControlPlane

/// A place for backups, and a data folder to restore into; gone with the test.
final class BackupWorld: Sendable {
    let folder: String
    let time = ManualClock()
    var place: String { folder + "/backups" }
    var target: String { folder + "/data" }

    init() throws {
        folder = NSTemporaryDirectory() + "titan-backups-" + UUID().uuidString
        for path in [folder, folder + "/backups", folder + "/data"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func temporary(_ body: (ControlPlane) async throws -> Void) async throws {
        try await TemporaryControlPlane.withPlane(body)
    }

    func backUp(_ plane: ControlPlane) throws -> RegistryManifest {
        try RegistryBackup(
            to: FolderStorage(path: place), scratch: place, clock: time.clock, serverVersion: "test"
        )
        .run(RegistryManifest.newName(at: time.clock.now())) { try plane.store.backup(to: $0) }
    }

    @discardableResult
    func restore(_ name: String? = nil, replaces: Bool = false, revokesTokens: Bool = false) async throws
        -> RegistryRestore.Result
    {
        try await RegistryRestore(
            from: RegistryBackups(at: FolderStorage(path: place)), into: target, clock: time.clock
        ).run(name, replaces: replaces, revokesTokens: revokesTokens, reason: "")
    }

    /// Opens what was restored, for the time of the body.
    func restored(_ body: (ControlPlane) async throws -> Void) async throws {
        let clock = time.clock
        let store = try Store(
            Store.Configuration(
                path: target + "/registry.db", clock: { clock.now() },
                report: { Issue.record("reported: \($0)") }, onFatal: { Issue.record("fatal: \($0)") }))
        defer { store.close() }
        try await body(try ControlPlane(store: store, clock: clock))
    }
}
