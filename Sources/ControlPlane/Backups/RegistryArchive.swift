import Compression
import ObjectStorage
import Registry
import Store

/// Packs a database into the file that is kept, and unpacks it, in bounded memory; and proves one whole.
enum RegistryArchive {
    private static let pieceBytes = 1 << 20
    /// Twice as fast as the disk it comes from, and a tenth smaller than level 1.
    private static let level = 3

    /// Compresses a file into a new one, on the disk before this returns.
    static func pack(_ database: String, into path: String) throws -> (
        database: FileDigest, compressed: FileDigest
    ) {
        let input = try File.reading(database)
        let output = try File.making(path)
        let compressor = try StreamCompressor(.zstd, level: level)
        var (plain, packed) = (FileHash(), FileHash())
        func put(_ bytes: [UInt8]) throws {
            packed.take(bytes)
            try output.write(bytes)
        }
        while case let piece = try input.read(pieceBytes), !piece.isEmpty {
            plain.take(piece)
            try put(try compressor.compress(piece))
        }
        try put(try compressor.finish())
        try output.synchronize()
        return (plain.digest, packed.digest)
    }

    /// Decompresses what `read` hands on into a new file, on the disk before this returns.
    ///
    /// - Throws: `BackupError` where a digest is another than the manifest says; nothing is to be made of the file then.
    static func unpack(
        into path: String, as manifest: RegistryManifest, _ read: (([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let output = try File.making(path)
        let decompressor = try StreamDecompressor()
        var (plain, packed) = (FileHash(), FileHash())
        do {
            try read { piece in
                packed.take(piece)
                try decompressor.decompress(piece) { bytes in
                    plain.take(bytes)
                    try output.write(Array(bytes))
                }
            }
            try decompressor.finish()
        } catch let error as CompressionError where error != .outOfMemory {
            throw BackupError(
                "The backup '\(manifest.name)' is damaged: its compressed content is not whole.")
        } catch StorageError.stopped(let error as CompressionError) where error != .outOfMemory {
            throw BackupError(
                "The backup '\(manifest.name)' is damaged: its compressed content is not whole.")
        }
        guard packed.digest == manifest.compressed, plain.digest == manifest.database else {
            throw BackupError(
                "The backup '\(manifest.name)' is damaged: its SHA-256 is not what its manifest says.")
        }
        try output.synchronize()
    }

    /// Checks an unpacked database as a restore would find it: pages, indexes, foreign keys, what the manifest says of
    /// it; then the schema is brought up to this program's, and every invariant of the registry is checked.
    ///
    /// - Returns: the store, open; close it.
    static func open(_ path: String, as manifest: RegistryManifest, clock: Clock) throws -> Store {
        let facts = try StoreFile.facts(ofCopyAt: path)
        guard facts == manifest.facts else {
            throw BackupError("The backup '\(manifest.name)' is not what its manifest says: \(facts).")
        }
        let store = try Store(
            Store.Configuration(path: path, clock: { clock.now() }, onFatal: { _ in }))
        do {
            let problems = try store.problems().flatMap { check, found in
                found.map { "\(check.rawValue): \($0)" }
            }
            guard problems.isEmpty else {
                throw BackupError(
                    "The backup '\(manifest.name)' is not whole: \(problems.prefix(10).joined(separator: "; "))."
                )
            }
            return store
        } catch {
            store.close()
            throw error
        }
    }
}
