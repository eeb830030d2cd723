import ArgumentParser
import ControlPlane
import Foundation
import ObjectStorage
import Registry
import Store

/// `control-plane restore`: brings the registry back from a backup, as another incarnation.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Restore the registry's database from a backup.",
        discussion: """
            The server must not run on the folder. The backup is checked whole before anything is changed. What was \
            under way when it was made is stopped: operations end as failed, rollouts are paused, no mover is called. \
            Gateways resynchronise by themselves. Exits 0 where the registry is restored and 1 where it is not.

              control-plane restore --from /backups --data-dir /data
              control-plane restore --from s3://titan/registry --backup NAME --data-dir /data --replace
            """)

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "Where backups are, or the file of one (NAME.db.zst or NAME.json).",
            valueName: "folder|file|s3://bucket/prefix"))
    var from: String

    @Option(help: "Which backup (default: the newest).") var backup: String?

    @Flag(help: "Move a registry that is there aside, into a folder of the data folder, instead of refusing.")
    var replace = false

    @Flag(help: "Take out every token: none that was revoked after the backup comes back to life.")
    var revokeTokens = false

    @Option(help: "Why, for the audit.") var reason = ""

    @OptionGroup var storage: StorageOptions

    func run() async throws {
        let (place, name) = try source()
        try data.folder.prepare()
        let result = try await RegistryRestore(
            from: RegistryBackups(at: place), into: data.folder.path, clock: .system
        ).run(name ?? backup, replaces: replace, revokesTokens: revokeTokens, reason: reason)
        report(result)
    }

    /// A file names its backup itself.
    private func source() throws -> (any ObjectStorage, String?) {
        for suffix in [".db.zst", ".json"] where from.hasSuffix(suffix) {
            guard backup == nil else {
                throw ValidationError("--from names a backup already: leave --backup out.")
            }
            guard let slash = from.lastIndex(of: "/") else {
                return (FolderStorage(path: "."), String(from.dropLast(suffix.count)))
            }
            let place = String(from[..<slash])
            let name = String(from[from.index(after: slash)...].dropLast(suffix.count))
            return (try storage.storage(place.isEmpty ? "/" : place, "--from"), name)
        }
        return (try storage.storage(from, "--from"), nil)
    }

    private func report(_ result: RegistryRestore.Result) {
        let (facts, effects) = (result.manifest.facts, result.effects)
        print(
            "Restored \(result.manifest.name): revision \(facts.revision), \(facts.cells) cells, \(facts.tenants) tenants."
        )
        print("What was changed after \(facts.lastChangeAt?.description ?? "the start") is not in it.")
        print("The incarnation is now \(effects.incarnation): gateways fetch the whole table.")
        if !effects.operations.isEmpty {
            print("Ended as failed: \(effects.operations.map(\.rawValue).joined(separator: ", ")).")
        }
        if !effects.rollouts.isEmpty {
            print("Paused: \(effects.rollouts.map(\.rawValue).joined(separator: ", ")).")
        }
        if let replaced = result.replaced { print("What was there before lies in \(replaced).") }
        if effects.tokensRevoked > 0 {
            print(
                "Revoked \(effects.tokensRevoked) tokens; the next start writes a new admin token to \(data.folder.adminToken)."
            )
        } else if !result.adminTokenWorks {
            print(
                "Tokens are as they were at the backup. If nobody has an admin's: control-plane token create NAME --role admin --data-dir \(data.folder.path)"
            )
        }
        print(
            "Cutovers wait for '\(effects.unknownGateways)', which stands for gateways that came after the backup: when all are listed, DELETE /v1/gateways/\(effects.unknownGateways)."
        )
    }
}
