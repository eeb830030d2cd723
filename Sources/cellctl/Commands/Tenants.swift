import ArgumentParser
import JSON

enum TenantResource: Resource {
    static let noun = Noun(
        "tenant", plural: "tenants", path: "/v1/tenants",
        columns: [
            Column("NAME", "id"), Column("CELL", "cell"), Column("EPOCH", "epoch", .number),
            Column("STATE", "state"),
            Column("LOAD", "load", .number), Column("PINNED", "pinned", .yesNo),
            Column("AGE", "createdAt", .age),
            Column("HOSTS", "hosts", .first),
            Column("REVISION", "revision", .number, wide: true),
            Column("LABELS", "labels", .pairs, wide: true),
            Column("PLACEMENT", "placement", .pairs, wide: true),
        ])

    struct Filters: ListFilters {
        @Option(help: "Only tenants on this cell.") var cell: String?
        @Option(help: "Only tenants in this state: serving, suspended, migrating, frozen.") var state: String?
        @Option(help: "Only tenants that are (true) or are not (false) pinned.") var pinned: Bool?
        @Option(help: ArgumentHelp("Only tenants with these labels.", valueName: "k=v,…")) var label: String?

        var query: [(String, String?)] {
            [("cell", cell), ("state", state), ("pinned", pinned.map { "\($0)" }), ("label", label)]
        }
    }
}

struct Tenants: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The tenants: place, change, move, suspend, explain.",
        subcommands: [
            List<TenantResource>.self, Get<TenantResource>.self, Put<TenantResource>.self,
            Patch<TenantResource>.self, Delete<TenantResource>.self, Act<Suspend>.self, Act<Resume>.self,
            Move.self, Explain.self, History.self, Import.self, Export.self,
        ])

    enum Suspend: ResourceAction {
        typealias On = TenantResource
        static let (verb, done) = ("suspend", "suspended")
        static let abstract = "Tell gateways to serve tenants no longer; they keep their place."
    }

    enum Resume: ResourceAction {
        typealias On = TenantResource
        static let (verb, done) = ("resume", "resumed")
        static let abstract = "Serve suspended tenants again."
    }

    struct Explain: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Where the tenant would be placed today, and each cell's verdict.")

        @Argument(help: "The tenant.") var id: String
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let answer = try session.api.send(APIRequest("GET", TenantResource.noun.path(id, ":explain")))
                .body
            if try session.showDocument(answer) { return }
            if session.isForPeople {
                session.console.print("\(id) is on \(answer["cell"]?.string ?? "no cell")".printable)
            }
            session.showRows(answer["verdicts"]?.array ?? [], Placement.verdict)
        }
    }

    struct History: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every change of the tenant, newest first: who, when, why.")

        @Argument(help: "The tenant.") var id: String
        @OptionGroup var paging: LimitOption
        @Flag(help: "Show what each change changed.") var diff = false
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let events = try session.api.list(TenantResource.noun.path(id, "/history"), limit: paging.limit)
            guard diff, session.isForPeople else { return try session.show(list: events, as: Audit.event) }
            for event in events {
                let who = [event["actor"], event["operation"], event["reason"]].compactMap { $0?.string }
                let title = "revision \(event["revision"]?.integer ?? 0)  \(event["at"]?.string ?? "")"
                session.console.print(session.paint.heading(title.printable))
                session.console.print("    " + who.filter { !$0.isEmpty }.joined(separator: "  ").printable)
                for line in Diff.lines(from: event["before"], to: event["document"], session.paint) {
                    session.console.print("    \(line)")
                }
            }
        }
    }

    struct Import: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create or update tenants from NDJSON, a tenant a line.",
            discussion: "A line that fails is reported with its number; the others are kept (exit code 8).")

        @Argument(help: "The file; - is standard input.") var file: String
        @Flag(help: "All lines or none.") var atomic = false
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: WaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let upload = try Upload(path: file) { _ in ImportFormat.ndjson }
            let query = atomic ? [("atomic", "true")] : []
            try session.importing(upload, to: "/v1/tenants:import", query, write, waiting)
        }
    }

    struct Export: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write tenants as NDJSON, a tenant a line: what 'import' takes.")

        @Option(help: "Only tenants on this cell.") var cell: String?
        @Option(help: "Only tenants in this state: serving, suspended, migrating, frozen.") var state: String?
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let query = [("cell", cell), ("state", state)].compactMap { name, value in
                value.map { (name, $0) }
            }
            try session.api.stream(
                APIRequest("GET", "/v1/tenants:export", query: query), receive: session.console.write)
        }
    }
}
