import ObjectStorage
import Registry
import Store

/// The registry's backups at one place.
public struct RegistryBackups: Sendable {
    let storage: any ObjectStorage

    public init(at storage: any ObjectStorage) { self.storage = storage }

    /// All that have a manifest, oldest first; what has none is no backup.
    ///
    /// - Throws: `BackupError` where the place can't be read, or a manifest is none.
    public func list() throws(BackupError) -> [RegistryManifest] {
        let names: [String]
        do {
            names = try storage.list(prefix: "").map(\.name)
                .filter { $0.hasSuffix(RegistryManifest.manifestSuffix) }
                .map { String($0.dropLast(RegistryManifest.manifestSuffix.count)) }
        } catch {
            throw BackupError("\(storage.location) can't be listed: \(error)")
        }
        var found: [RegistryManifest] = []
        for name in names { found.append(try manifest(of: name)) }
        return found.sorted { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }
    }

    /// - Throws: `BackupError` where there is none of that name.
    public func manifest(of name: String) throws(BackupError) -> RegistryManifest {
        do {
            let bytes = try storage.content(
                RegistryManifest.manifest(of: name), bytesMax: Limits.backupManifestBytesMax)
            return try RegistryManifest(parsing: bytes, of: name)
        } catch let error as BackupError {
            throw error
        } catch StorageError.notFound {
            throw BackupError("There is no backup '\(name)' at \(storage.location).")
        } catch {
            throw BackupError("The manifest of '\(name)' can't be read: \(error)")
        }
    }

    /// Takes out the oldest backups of this incarnation past the newest `count`, and no other registry's, nor any from
    /// before a restore.
    ///
    /// - Returns: the names of those that are gone.
    public func keepLast(_ count: Int, of incarnation: Incarnation) throws(BackupError) -> [String] {
        precondition(count > 0, "the last backup is never taken out")
        let old = try list().filter { $0.facts.revision.incarnation == incarnation }.dropLast(count)
        for manifest in old { try delete(manifest.name) }
        return old.map(\.name)
    }

    /// The manifest first: what is left of one that is cut off is no backup.
    public func delete(_ name: String) throws(BackupError) {
        do {
            try storage.delete(RegistryManifest.manifest(of: name))
            try storage.delete(RegistryManifest.object(of: name))
        } catch {
            throw BackupError("The backup '\(name)' can't be taken out: \(error)")
        }
    }
}
