import ArgumentParser
import Glibc

/// The operator's command line: a client of the control plane's API that shows what it answers.
@main
struct Cellctl: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "cellctl",
        abstract: "Work with the Titan control plane: cells, tenants, moves, routes, backups.",
        discussion: """
            ENVIRONMENT:
              CELL_REGISTRY_URL  the control plane's address (http://127.0.0.1:8080)
              CELLCTL_TOKEN      the token to call with
              NO_COLOR           no colours

            \(Ending.help)
            """,
        version: version,
        subcommands: [
            Cells.self, Tenants.self, Zones.self, Migrations.self, Operations.self, Rebalance.self,
            Releases.self, Rollouts.self, Backups.self, Schedules.self, Restores.self, Capacity.self,
            Policies.self, Routes.self, Gateways.self,
            Convergence.self, Placement.self,
            Apply.self, Changes.self, Events.self, Audit.self, Webhooks.self, Tokens.self, Status.self,
            Completion.self,
        ])

    static func main() {
        Glibc.exit(execute(Array(CommandLine.arguments.dropFirst()), .standard).rawValue)
    }

    /// Runs one command line to its end.
    static func execute(_ arguments: [String], _ surroundings: Surroundings) -> Ending {
        var session: Session?
        do {
            var command = try parseAsRoot(arguments)
            guard let call = command as? any RegistryCommand else {
                try command.run()
                return .success
            }
            let opened = try Session(call.global, surroundings)
            session = opened
            try call.run(in: opened)
            return .success
        } catch let failure as CommandFailure {
            if let session {
                session.show(failure)
            } else {
                surroundings.console.printError("error: \(failure.message)")
            }
            return failure.ending
        } catch {
            // Help and versions that were asked for come this way too.
            let isAsked = exitCode(for: error) == .success
            let text = fullMessage(for: error)
            if isAsked {
                surroundings.console.print(text)
            } else {
                let message = text.hasPrefix("Error: ") ? text.dropFirst("Error: ".count) : text[...]
                surroundings.console.printError("error: \(message)")
            }
            return isAsked ? .success : .usage
        }
    }
}
