import ArgumentParser

/// A command that calls the control plane.
protocol RegistryCommand: ParsableCommand {
    var global: GlobalOptions { get }

    /// - Throws: `CommandFailure`.
    func run(in session: Session) throws(CommandFailure)
}
