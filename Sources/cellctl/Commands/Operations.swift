import ArgumentParser
import JSON
import Registry

enum OperationResource: Resource {
    static let noun = Noun("operation", plural: "operations", path: "/v1/operations", columns: columns)

    static let columns = [
        Column("ID", "id"), Column("KIND", "kind"), Column("OF", "", .made(subject)),
        Column("STATE", "", .made { Operation($0).standing }), Column("DONE", "", .made(done)),
        Column("FAILED", "progress.failed", .number), Column("BLOCKERS", "", .made(blockers)),
        Column("AGE", "createdAt", .age), Column("BY", "createdBy"),
        Column("REASON", "reason", wide: true), Column("DEADLINE", "deadline", wide: true),
        Column("ENDED", "endedAt", wide: true), Column("EXPIRES", "expiresAt", wide: true),
    ]

    struct Filters: ListFilters {
        @Option(help: "Only of this kind: drain, migration, evacuation, restoration, rebalance, reversal.")
        var kind: String?
        @Option(help: "Only in this state: running, paused, succeeded, failed, cancelled.") var state: String?

        var query: [(String, String?)] { [("kind", kind), ("state", state)] }
    }

    private static func subject(_ operation: JSONValue) -> String {
        let title = Operation(operation).title
        return title.firstRange(of: " of ").map { String(title[$0.upperBound...]) } ?? ""
    }

    private static func done(_ operation: JSONValue) -> String {
        let operation = Operation(operation)
        return "\(operation.completed)/\(operation.total)"
    }

    private static func blockers(_ operation: JSONValue) -> String {
        let names = (operation["blockers"]?.array ?? []).compactMap { $0["id"]?.string }
        return names.count > 1 ? "\(names[0]) +\(names.count - 1)" : names.first ?? ""
    }
}

struct Operations: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Long work: what runs, what blocks it, and how it ended.",
        subcommands: [
            List<OperationResource>.self, GetOperation<OperationResource>.self,
            AwaitEnd<OperationResource>.self, Steer<OperationResource, Pause>.self,
            Steer<OperationResource, Continue>.self, Cancel<OperationResource>.self,
        ])
}

struct GetOperation<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "get",
            abstract: "Show one \(R.noun.name) with its steps, blockers and log, or several as a table.")
    }

    @Argument(help: "The ids.") var ids: [String]
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        var found: [JSONValue] = []
        for id in ids { found.append(try session.api.send(APIRequest("GET", R.noun.path(id))).body) }
        guard found.count == 1 else { return try session.show(list: found, as: R.noun) }
        if try session.showDocument(found[0]) { return }
        guard session.isForPeople else { return session.showRows(found, R.noun) }
        let report = OperationReport(Operation(found[0]), now: session.surroundings.now())
        for line in report.lines(session.paint) { session.console.print(line) }
        if let batches = found[0]["batches"]?.array, !batches.isEmpty {
            session.console.print("")
            session.showRows(batches, Migrations.batch)
        }
    }
}

struct AwaitEnd<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "wait", abstract: "Watch one \(R.noun.name) until it has ended, and end as it does.",
            discussion: """
                Ends with 0 where it succeeded, 10 where it failed, 11 where it was cancelled, and 7 where --timeout came \
                first. Ctrl-C leaves it running.

                EXAMPLES:
                  cellctl \(R.noun.plural) wait op-7f3 --timeout 10m
                """)
    }

    @Argument(help: "The id.") var id: String
    @Option(help: "Watch no longer than this; the work goes on.") var timeout: GoDuration?
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        try session.finish(id, within: timeout?.duration, isKnown: false)
    }
}

/// What can be asked of work that runs, as a type: `POST /v1/operations/{operation}:pause`.
protocol Steering {
    static var verb: String { get }
    static var abstract: String { get }
}

enum Pause: Steering {
    static let (verb, abstract) = ("pause", "Begin and freeze nothing more; what is frozen comes to its end.")
}

enum Continue: Steering {
    static let (verb, abstract) = ("resume", "Go on after a pause.")
}

struct Steer<R: Resource, S: Steering>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: S.verb, abstract: S.abstract)
    }

    @Argument(help: "The ids.") var ids: [String]
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func validate() throws { try write.validate(for: ids) }

    func run(in session: Session) throws(CommandFailure) {
        for id in ids { try session.steer(R.noun, id, S.verb, write) }
    }
}

struct Cancel<R: Resource>: RegistryCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "cancel", abstract: "End the work early; every tenant stays whole, on one cell.",
            discussion: """
                What is past its cutover stays moved ('cellctl migrations reverse' brings it back); all else goes back to \
                where it was. With --wait: until that is done.

                EXAMPLES:
                  cellctl \(R.noun.plural) cancel op-7f3 --wait --reason 'wrong cell'
                """)
    }

    @Argument(help: "The id.") var id: String
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        guard waiting.wait, !write.dryRun else { return try session.steer(R.noun, id, "cancel", write) }
        _ = try session.api.send(write.applied(to: APIRequest("POST", R.noun.path(id, ":cancel"))))
        try session.finish(id, within: waiting.timeout?.duration, wanted: .operationCancelled)
    }
}
