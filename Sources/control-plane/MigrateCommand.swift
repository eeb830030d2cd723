import ArgumentParser
import Store

/// `control-plane migrate`: brings the schema up to date, which `serve` does by itself.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Bring a data folder's schema up to what this build understands.",
        discussion: "`serve` does the same at its start; a newer schema than this build's is refused by both."
    )

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await data.folder.withStore { _ in }
        print("The schema of \(data.folder.database) is at version \(Schema.version).")
    }
}
