import Glibc
import JSON
import ObjectStorage
import Registry
import Store

/// Makes a backup of the registry's own database, while it is in use: copied, checked, compressed, restored in a
/// scratch folder to prove it, kept, and read back.
///
/// Blocks its thread for as long as it takes: a minute for each few gigabytes. Stopped at any instant it leaves behind
/// at the most a scratch folder and a file without manifest, which is no backup; the next one of this program takes
/// neither for anything.
public struct RegistryBackup: Sendable {
    private let storage: any ObjectStorage
    private let scratch: String
    private let clock: Clock
    private let serverVersion: String

    /// - Parameter scratch: a folder with room for three times the database.
    public init(to storage: any ObjectStorage, scratch: String, clock: Clock, serverVersion: String) {
        self.storage = storage
        self.scratch = scratch
        self.clock = clock
        self.serverVersion = serverVersion
    }

    /// - Parameters:
    ///   - name: of the backup, unused so far.
    ///   - copy: copies the database, as it is at one instant, to a path: `Store.backup` or `StoreFile.backup`.
    /// - Throws: `BackupError`; nothing is kept under that name then.
    public func run(_ name: String, copy: (_ path: String) throws -> Void) throws(BackupError)
        -> RegistryManifest
    {
        do {
            return try ScratchFolder.with(in: scratch) { folder in
                let manifest = try make(name, in: folder, copy)
                try keep(manifest, from: folder)
                return manifest
            }
        } catch let error as BackupError {
            throw error
        } catch {
            throw BackupError("There is no backup: \(error)")
        }
    }

    private func make(_ name: String, in folder: String, _ copy: (String) throws -> Void) throws
        -> RegistryManifest
    {
        let database = folder + "/copy.db"
        try copy(database)
        let createdAt = clock.now()
        let facts = try StoreFile.facts(ofCopyAt: database)
        let packed = folder + "/" + RegistryManifest.object(of: name)
        let digests = try RegistryArchive.pack(database, into: packed)
        unlink(database)
        let manifest = RegistryManifest(
            name: name, createdAt: createdAt, serverVersion: serverVersion, facts: facts,
            database: digests.database, compressed: digests.compressed)
        // From what will be kept, as a restore does it.
        let restored = folder + "/restored.db"
        try RegistryArchive.unpack(into: restored, as: manifest) { receive in
            let file = try File.reading(packed)
            while case let piece = try file.read(1 << 20), !piece.isEmpty { try receive(piece) }
        }
        try RegistryArchive.open(restored, as: manifest, clock: clock).close()
        unlink(restored)
        return manifest
    }

    /// The manifest last: until it is there, there is no backup.
    private func keep(_ manifest: RegistryManifest, from folder: String) throws {
        let description = folder + "/" + RegistryManifest.manifest(of: manifest.name)
        let file = try File.making(description)
        try file.write(manifest.document.encoded(.pretty) + [UInt8(ascii: "\n")])
        try file.synchronize()
        do {
            try storage.write(manifest.object, fromFile: folder + "/" + manifest.object)
            var hash = FileHash()
            try storage.read(manifest.object) { hash.take($0) }
            guard hash.digest == manifest.compressed else {
                throw BackupError(
                    "There is no backup: \(storage.location) does not hold what was sent to it.")
            }
            try storage.write(RegistryManifest.manifest(of: manifest.name), fromFile: description)
        } catch {
            try? storage.delete(manifest.object)
            throw error
        }
    }
}

/// A folder of one piece of work, for this user alone, gone with it.
enum ScratchFolder {
    static func with<T>(in parent: String, _ body: (String) throws -> T) throws -> T {
        if mkdir(parent, 0o700) != 0, errno != EEXIST { throw File.failed("mkdir", parent) }
        var template = Array((parent + "/.registry-backup-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw File.failed("mkdtemp", parent) }
        let folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { remove(folder) }
        return try body(folder)
    }

    /// Takes out a folder of plain files.
    static func remove(_ folder: String) {
        guard let open = opendir(folder) else { return }
        defer {
            closedir(open)
            rmdir(folder)
        }
        while let entry = readdir(open) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink(folder + "/" + name) }
        }
    }
}
