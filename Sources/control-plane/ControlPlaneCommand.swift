import ArgumentParser

/// `control-plane`: the server, and what is done to its data folder while it does not run.
@main
struct ControlPlaneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control-plane",
        abstract: "Keeps Titan's cells, tenants and routing, and answers gateways and operators.",
        version: Version.current,
        subcommands: [
            ServeCommand.self, CheckCommand.self, MigrateCommand.self, TokenCommand.self, BackupCommand.self,
            RestoreCommand.self,
        ],
        defaultSubcommand: ServeCommand.self)
}

/// What this build calls itself.
enum Version {
    static let current = "0.1.0"
}

/// The options of every command.
struct DataOptions: ParsableArguments {
    @Option(
        name: .customLong("data-dir"),
        help: "Folder of the database, made if it is missing (CONTROL_PLANE_DATA_DIR; default ./data).")
    var dataDir: String?

    var folder: DataFolder { DataFolder(path: dataDir ?? Environment["DATA_DIR"] ?? "./data") }
}
