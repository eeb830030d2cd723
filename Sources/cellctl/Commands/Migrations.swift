import ArgumentParser
import JSON

/// A tenant migration is an operation; this is the room where it shows its batches.
enum MigrationResource: Resource {
    static let noun = Noun(
        "migration", plural: "migrations", path: "/v1/migrations", columns: OperationResource.columns)
    typealias Filters = OperationResource.Filters
}

struct Migrations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tenant migrations: move tenants between cells, batch by batch.",
        subcommands: [
            Create.self, List<MigrationResource>.self, GetOperation<MigrationResource>.self, ListTenants.self,
            AwaitEnd<MigrationResource>.self, Steer<MigrationResource, Pause>.self,
            Steer<MigrationResource, Continue>.self, Cancel<MigrationResource>.self, Reverse.self,
        ])

    static let batch = Noun(
        "batch", plural: "batches", idField: "number",
        columns: [
            Column("BATCH", "number", .number), Column("STATE", "state"), Column("FROM", "source"),
            Column("TENANTS", "tenants", .number), Column("MOVED", "moved", .number),
            Column("FAILED", "failed", .number), Column("FROZEN FOR", "frozenFor"),
            Column("BARRIER", "barrier.heldBy"), Column("WAITS FOR", "barrier.waitingFor", .first),
            Column("ATTEMPT", "attempt", .number, wide: true),
            Column("ANNOUNCED", "announcedRevision", .number, wide: true),
            Column("FROZEN", "frozenRevision", .number, wide: true),
            Column("CUTOVER", "cutoverRevision", .number, wide: true),
            Column("FREEZE ENDS", "freezeDeadline", wide: true),
        ])

    private static let tenant = Noun(
        "tenant", plural: "tenants", idField: "tenant",
        columns: [
            Column("TENANT", "tenant"), Column("FROM", "from"), Column("TO", "to"),
            Column("BATCH", "batch", .number), Column("STATE", "state"), Column("MESSAGE", "message"),
        ])

    struct Create: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move tenants, named or chosen by their cell and labels.",
            discussion: """
                Without --to the placement policy chooses each tenant's cell. See what would move first with --dry-run.

                EXAMPLES:
                  cellctl migrations create --tenant acme --tenant rival --to cell-9 --wait
                  cellctl migrations create --from cell-7 --label tier=gold --dry-run
                  cellctl migrations create --tenants-file tenants.txt --wait --deadline 1h
                """)

        @Option(help: "A tenant to move; may be repeated.") var tenant: [String] = []
        @Option(
            help: ArgumentHelp(
                "A file of tenants to move, one id a line; - is standard input.", valueName: "file"))
        var tenantsFile: String?
        @Option(help: "Move the tenants of this cell.") var from: String?
        @Option(help: ArgumentHelp("Move only tenants with these labels.", valueName: "k=v,…")) var label:
            String?
        @Option(help: "The cell to move them to.") var to: String?
        @OptionGroup(title: "Move Options") var pinned: PinnedOption
        @OptionGroup(title: "Move Options") var moves: MoveOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            let names = !tenant.isEmpty || tenantsFile != nil
            if names == (from != nil || label != nil) {
                throw ValidationError("say who moves: --tenant or --tenants-file, or else --from and --label")
            }
            for pair in (label ?? "=").split(separator: ",") where !pair.contains("=") {
                throw ValidationError("--label is k=v,…, not '\(pair)'")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            var body = JSONObject()
            var tenants = tenant
            if let tenantsFile { tenants += try Self.ids(tenantsFile) }
            if !tenants.isEmpty { body["tenants"] = .array(tenants.map { .string($0) }) }
            if let from { body["from"] = .string(from) }
            if let label { body["selector"] = ["labels": Self.labels(label)] }
            if let to { body["to"] = .string(to) }
            if pinned.includePinned { body["includePinned"] = true }
            try session.start(
                write.applied(to: APIRequest("POST", "/v1/migrations", body: .json(moves.body(body)))),
                dryRun: write.dryRun, waiting)
        }

        private static func ids(_ path: String) throws(CommandFailure) -> [String] {
            let text = String(decoding: try InputFile.bytes(at: path), as: UTF8.self)
            let ids = text.split(whereSeparator: \.isWhitespace).map(String.init)
            if ids.isEmpty { throw .usage("\(path == "-" ? "standard input" : path) names no tenant") }
            return ids
        }

        private static func labels(_ text: String) -> JSONValue {
            text.split(separator: ",").reduce(.object([:])) { labels, pair in
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return labels.applyingMergePatch([String(parts[0]): .string(String(parts[1]))])
            }
        }
    }

    struct ListTenants: RegistryCommand {
        static let configuration = CommandConfiguration(
            commandName: "tenants", abstract: "Each tenant of a migration: from where, to where, and how far."
        )

        @Argument(help: "The migration.") var id: String
        @Option(help: "Only tenants in this state: planned, moving, moved, failed, returned.")
        var state: String?
        @OptionGroup var paging: LimitOption
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let path = MigrationResource.noun.path(id, "/tenants")
            let items = try session.api.list(
                path, query: state.map { [("state", $0)] } ?? [], limit: paging.limit)
            try session.show(list: items, as: tenant)
        }
    }

    struct Reverse: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring moved tenants back to where they came from, within the reverse window.",
            discussion: """
                The way back is an operation of its own, with the same freeze, barrier and cutover, and with the options that \
                the migration had but for those that are given here.

                EXAMPLES:
                  cellctl migrations reverse op-7f3 --wait --reason 'errors on cell-9'
                """)

        @Argument(help: "The migration.") var id: String
        @OptionGroup(title: "Move Options") var moves: MoveOptions
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = APIRequest(
                "POST", MigrationResource.noun.path(id, ":reverse"), body: .json(moves.body()))
            try session.start(write.applied(to: request), dryRun: write.dryRun, waiting)
        }
    }
}
