import Glibc
import ObjectStorage
import Registry
import Store

/// Puts a backup in the place of the registry's database, as another incarnation of it.
///
/// Everything is fetched, unpacked, checked and made safe in a folder beside the place; only then, under the lock that
/// a server needs, the files are exchanged. While that lasts a mark lies in the folder, and no server starts on it.
public struct RegistryRestore: Sendable {
    private let backups: RegistryBackups
    private let folder: String
    private let clock: Clock

    /// - Parameter folder: the data folder, which exists.
    public init(from backups: RegistryBackups, into folder: String, clock: Clock) {
        self.backups = backups
        self.folder = folder
        self.clock = clock
    }

    public struct Result: Sendable {
        public var manifest: RegistryManifest
        public var effects: RestoreEffects
        /// Where what was there before lies now; nil: there was nothing.
        public var replaced: String?
        /// Whether the folder's file of the admin token still opens the door.
        public var adminTokenWorks: Bool
    }

    private var database: String { folder + "/registry.db" }
    private var adminToken: String { folder + "/admin-token" }
    private var staging: String { folder + "/.restore" }

    /// There where an exchange was cut off: the folder may hold parts of two databases.
    public static func mark(in folder: String) -> String { folder + "/restore-unfinished" }

    /// - Parameters:
    ///   - name: of the backup; nil: the newest that is there.
    ///   - replaces: true moves what is there aside instead of refusing.
    ///   - revokesTokens: true takes every token out: for when one that was revoked since must not come back.
    /// - Throws: `BackupError`. Unless it says otherwise, nothing is changed then.
    public func run(
        _ name: String?, replaces: Bool, revokesTokens: Bool, reason: String
    ) async throws(BackupError) -> Result {
        do {
            let lock = try StoreFile.lock(database)
            defer { withExtendedLifetime(lock) {} }
            let isThere = [database, database + "-wal", Self.mark(in: folder)].contains { exists($0) }
            guard replaces || !isThere else {
                throw BackupError(
                    "\(folder) holds a registry already: restore into an empty folder, or move it aside with --replace."
                )
            }
            let manifest = try choose(name)
            ScratchFolder.remove(staging)
            guard mkdir(staging, 0o700) == 0 else { throw File.failed("mkdir", staging) }
            defer { ScratchFolder.remove(staging) }
            let effects = try await stage(manifest, revokesTokens, reason)
            let tokens = try tokenHashes()
            let replaced = try exchange()
            return Result(
                manifest: manifest, effects: effects, replaced: replaced,
                adminTokenWorks: try keepAdminToken(tokens, replaced))
        } catch let error as BackupError {
            throw error
        } catch {
            throw BackupError("Nothing was restored: \(error)")
        }
    }

    private func choose(_ name: String?) throws(BackupError) -> RegistryManifest {
        if let name { return try backups.manifest(of: name) }
        guard let newest = try backups.list().last else {
            throw BackupError("There is no backup at \(backups.storage.location).")
        }
        return newest
    }

    private var staged: String { staging + "/registry.db" }

    private func stage(_ manifest: RegistryManifest, _ revokesTokens: Bool, _ reason: String) async throws
        -> RestoreEffects
    {
        try RegistryArchive.unpack(into: staged, as: manifest) {
            try backups.storage.read(manifest.object, $0)
        }
        let store = try RegistryArchive.open(staged, as: manifest, clock: clock)
        let effects: RestoreEffects
        do {
            let context = ChangeContext(
                principal: .system, operation: "restoreRegistry",
                reason: reason.isEmpty ? "control-plane restore, from '\(manifest.name)'" : reason)
            effects = try await store.write(as: context, bulk: true) { transaction in
                try Change(transaction).restored(from: manifest, revokesTokens: revokesTokens)
            }
            let problems = try store.problems().flatMap(\.problems)
            guard problems.isEmpty else {
                throw BackupError("Nothing was restored: afterwards \(problems.joined(separator: "; ")).")
            }
        } catch {
            store.close()
            throw error
        }
        store.close()
        guard try !exists(staged + "-wal") || File.reading(staged + "-wal").sizeBytes == 0 else {
            throw BackupError("Nothing was restored: the log of the restored database could not be closed.")
        }
        return effects
    }

    private func tokenHashes() throws -> Set<[UInt8]> {
        let store = try Store(Store.Configuration(path: staged, clock: { clock.now() }, onFatal: { _ in }))
        defer { store.close() }
        let now = clock.now()
        return Set(
            try store.read { try $0.tokens() }
                .filter { $0.principal.role == .admin && $0.principal.expiresAt.map { $0 > now } ?? true }
                .map(\.hash))
    }

    /// - Returns: the folder that holds what was there.
    private func exchange() throws -> String? {
        let mark = try File.making(Self.mark(in: folder), replacing: true)
        try mark.synchronize()
        try File.synchronize(folder: folder)
        var replaced: String?
        let old = [database, database + "-wal"].filter { exists($0) }
        if !old.isEmpty {
            let aside =
                folder + "/replaced-" + clock.now().description.prefix(19).filter(\.isNumber)
                + "-" + Incarnation.random().rawValue.prefix(4)
            guard mkdir(aside, 0o700) == 0 else { throw File.failed("mkdir", aside) }
            for path in old { try move(path, to: aside + path.dropFirst(folder.count)) }
            try File.synchronize(folder: aside)
            replaced = aside
        }
        // An index of the old log would be taken for one of the new.
        unlink(database + "-shm")
        try File.reading(staged).synchronize()
        try move(staged, to: database)
        try File.synchronize(folder: folder)
        unlink(Self.mark(in: folder))
        try File.synchronize(folder: folder)
        return replaced
    }

    /// A token file that opens nothing would only mislead: it goes where the database went that it belongs to.
    private func keepAdminToken(_ hashes: Set<[UInt8]>, _ replaced: String?) throws -> Bool {
        guard exists(adminToken) else { return false }
        let text = String(decoding: try File.reading(adminToken).read(256), as: UTF8.self)
        if let secret = TokenSecret(String(text.prefix { !$0.isNewline })), hashes.contains(secret.hash) {
            return true
        }
        try move(adminToken, to: replaced.map { $0 + "/admin-token" } ?? adminToken + ".old")
        try File.synchronize(folder: folder)
        return false
    }

    private func move(_ path: String, to other: String) throws {
        guard rename(path, other) == 0 else {
            throw BackupError(
                "The exchange was cut off at \(path): \(String(cString: strerror(errno))). Run the restore again, with --replace."
            )
        }
    }

    private func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
