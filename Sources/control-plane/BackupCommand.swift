import ArgumentParser
import ControlPlane
import Foundation
import JSON
import ObjectStorage
import Registry
import Store

/// `control-plane backup`: copies the registry's database, with the server running on it or not.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Back up the registry's database, while it is in use or not.",
        discussion: """
            Copies the database as it is at one instant, checks the copy, restores it in a scratch folder to prove it, \
            and keeps it, compressed, with a manifest. Writes go on meanwhile. Exits 0 where there is a good backup \
            and 1 where there is none.

              control-plane backup --data-dir /data --to /backups --keep-last 24
              control-plane backup --data-dir /data --to s3://titan/registry
            """)

    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("Where to keep it.", valueName: "folder|s3://bucket/prefix")) var to: String

    @Option(help: "Afterwards take out all but the newest so many of this registry.") var keepLast: Int?

    @Option(
        help:
            "Folder for what is made on the way, with room for three times the database (default: the folder of --to; for S3 $TMPDIR or /tmp)."
    )
    var scratchDir: String?

    @OptionGroup var storage: StorageOptions

    @Flag(help: "Print the manifest, as JSON, and nothing else.") var json = false

    func validate() throws {
        if let keepLast, keepLast < 1 { throw ValidationError("--keep-last must be 1 or more.") }
    }

    func run() async throws {
        let database = data.folder.database
        guard FileManager.default.fileExists(atPath: database) else {
            throw DataFolderError(description: "There is no registry at \(database).")
        }
        let place = try storage.storage(to, "--to")
        let backup = RegistryBackup(
            to: place, scratch: scratch(place), clock: .system, serverVersion: Version.current)
        let manifest = try backup.run(RegistryManifest.newName(at: Clock.system.now())) {
            try StoreFile.backup(database, to: $0)
        }
        let gone =
            try keepLast.map {
                try RegistryBackups(at: place).keepLast($0, of: manifest.facts.revision.incarnation)
            } ?? []
        if json { return print(manifest.document.encodedString(.pretty)) }
        print(
            "\(manifest.name): revision \(manifest.facts.revision), \(manifest.facts.cells) cells, \(manifest.facts.tenants) tenants, \(manifest.compressed.sizeBytes) bytes at \(place.location)"
        )
        for name in gone { print("Took out \(name).") }
    }

    private func scratch(_ place: any ObjectStorage) -> String {
        if let scratchDir { return scratchDir }
        switch place.location {
        case .folder(let path): return path
        case .s3: return ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        }
    }
}
