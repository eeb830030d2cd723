import ArgumentParser

struct Changes: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Undo changes.", subcommands: [Revert.self])

    static let noun = Noun("change", plural: "changes", path: "/v1/changes", idField: "revision", columns: [])

    struct Revert: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a cell or tenant back to what it was before a change.",
            discussion: "Refused, with their names, where later changes stand on it.")

        @Argument(help: "The revision that the change made.") var revision: Int64
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: WaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = APIRequest("POST", noun.path("\(revision)", ":revert"))
            try session.write(request, noun, "\(revision)", done: "reverted", write, waiting)
        }
    }
}
