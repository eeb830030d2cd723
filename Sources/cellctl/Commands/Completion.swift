import ArgumentParser

struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a completion script for a shell.",
        discussion: "bash: source <(cellctl completion bash); zsh: into a folder of $fpath as _cellctl; "
            + "fish: cellctl completion fish | source")

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() {
        let shell: CompletionShell =
            switch self.shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        print(Cellctl.completionScript(for: shell))
    }
}
