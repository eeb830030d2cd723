import ArgumentParser
import JSON

extension Cells {
    struct Drain: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move every tenant off a cell.",
            discussion: """
                The cell takes no new tenants; those on it are moved to where the placement policy says, or all to the cell \
                that --to names. Done means that no tenant is left and that every live gateway knows it. What fits nowhere is told before anything moves.

                EXAMPLES:
                  cellctl cells drain cell-7 --dry-run
                  cellctl cells drain cell-7 --wait --deadline 1h --reason 'new kernel'
                  cellctl cells drain cell-7 --to cell-9 --max-parallel 8 --on-stragglers wait
                """)

        @Argument(help: "The cell.") var id: String
        @Option(help: "The cell to move them all to.") var to: String?
        @OptionGroup(title: "Move Options") var pinned: PinnedOption
        @OptionGroup(title: "Move Options") var moves: MoveOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var body = JSONObject()
            if let to { body["to"] = .string(to) }
            if pinned.includePinned { body["includePinned"] = true }
            let request = APIRequest(
                "POST", CellResource.noun.path(id, ":drain"), body: .json(moves.body(body)))
            try session.start(write.applied(to: request), dryRun: write.dryRun, waiting)
        }
    }

    enum Undrain: ResourceAction {
        typealias On = CellResource
        static let (verb, done) = ("undrain", "undrained")
        static let abstract = "Make cells active again, as open as before; a drain that runs is cancelled."
    }
}

extension Tenants {
    struct Move: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move one tenant to another cell.",
            discussion: """
                Without --to the placement policy chooses the cell. A pinned tenant moves too, since it is named.

                EXAMPLES:
                  cellctl tenants move acme --to cell-9 --wait
                  cellctl tenants move acme --dry-run
                """)

        @Argument(help: "The tenant.") var id: String
        @Option(help: "The cell to move it to.") var to: String?
        @OptionGroup(title: "Move Options") var moves: MoveOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let body = moves.body(to.map { ["to": .string($0)] } ?? [:])
            let request = APIRequest("POST", TenantResource.noun.path(id, ":move"), body: .json(body))
            try session.start(write.applied(to: request), dryRun: write.dryRun, waiting)
        }
    }
}
