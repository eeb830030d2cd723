import ArgumentParser
import JSON

struct Apply: RegistryCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make cells and tenants what files say, after showing the plan.",
        discussion: """
            Each YAML or JSON document has 'kind: Cell' or 'kind: Tenant' and the resource's fields. It is the whole of \
            what is wanted: what it leaves out goes back to its default, but for a cell's state, cordon and health, and \
            a tenant's cell, epoch and state. A change is done only if its resource is still what the plan showed.

            --prune deletes what carries the label titan.io/applied-by=<set-name> and is in no file any more; never more \
            than half of the set without --prune-max.
            """)

    @Option(
        name: [.short, .customLong("file")],
        help: "A file of documents; - is standard input; may be repeated.")
    var file: [String]
    @Option(help: "Label what is applied as this set.") var setName: String?
    @Flag(help: "Delete what is in the set and in no file.") var prune = false
    @Option(help: "Delete up to this many, though it be more than half of the set.") var pruneMax: Int?
    @Flag(name: .shortAndLong, help: "Don't ask.") var yes = false
    @Flag(help: "Show the plan, checked by the server, and change nothing.") var dryRun = false
    @OptionGroup(title: "Write Options") var waiting: WaitOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func validate() throws {
        if prune, setName == nil { throw ValidationError("--prune needs --set-name") }
        if pruneMax != nil, !prune { throw ValidationError("--prune-max goes with --prune") }
        let isName = setName.map { name in
            (1...63).contains(name.utf8.count)
                && name.utf8.allSatisfy {
                    (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-._".utf8.contains($0)
                }
        }
        if isName == false { throw ValidationError("--set-name is 1 to 63 of a-z, 0-9, '-', '.' and '_'") }
    }

    func run(in session: Session) throws(CommandFailure) {
        var documents: [JSONValue] = []
        for path in file { documents += try Documents.read(path) }
        let manifests = try Manifest.read(documents, set: setName)
        let current = try CurrentState.read(for: manifests, set: prune ? setName : nil, session.api)
        var plan = ApplyPlan(manifests, current: current, pruning: prune ? setName : nil)

        let incarnation = try Self.incarnation(session.api)
        let sender = ApplySender(api: session.api, incarnation: incarnation)
        let warnings = try sender.preview(&plan)
        show(plan, warnings, session)
        if let objection = plan.pruneObjection(max: pruneMax) { throw .usage(objection) }
        if dryRun || plan.steps.isEmpty {
            _ = try session.showDocument(Self.report(plan, []))
            return
        }
        try confirm(plan, session)

        let outcome = sender.send(plan, session)
        _ = try session.showDocument(Self.report(plan, outcome.results))
        if let failure = outcome.firstFailure {
            let made = outcome.results.count - outcome.failedCount
            throw .incomplete(
                "\(plan.steps.count - made) of \(plan.steps.count) changes were not made",
                made > 0 ? .partial : failure.ending)
        }
        try session.wait(for: outcome.revision, waiting)
    }

    private static func incarnation(_ api: APIClient) throws(CommandFailure) -> String {
        guard let incarnation = try api.send(APIRequest("GET", "/v1/registry")).body["incarnation"]?.string
        else {
            throw .failed("the control plane names no incarnation")
        }
        return incarnation
    }

    /// To standard output for people; else aside, where someone is asked.
    private func show(_ plan: ApplyPlan, _ warnings: [ResourceKey: String], _ session: Session) {
        guard session.isForPeople || session.console.inputIsTerminal else { return }
        let print = session.isForPeople ? session.console.print : session.console.printError
        for step in plan.steps {
            for line in step.effect.lines(session.isForPeople ? session.paint : session.errorPaint) {
                print(line)
            }
            if let warning = warnings[step.key] {
                print("    ! the server refuses this as things are now: \(warning.printable)")
            }
        }
        print(plan.summary)
    }

    private func confirm(_ plan: ApplyPlan, _ session: Session) throws(CommandFailure) {
        if yes { return }
        let deletions = plan.count(.delete)
        guard session.console.inputIsTerminal else {
            if deletions == 0 { return }
            throw .usage("\(deletions) deletions need --yes where nobody can be asked; nothing was changed")
        }
        if deletions == 0 { return try session.askToGoOn() }
        let question = "This deletes \(deletions). Type \(deletions) to go on: "
        session.console.writeError(Array(question.utf8))
        if session.console.ask() != "\(deletions)" { throw .failed("nothing was changed") }
    }

    private static func report(_ plan: ApplyPlan, _ results: [JSONValue]) -> JSONValue {
        [
            "changes": .array(plan.steps.map(\.effect.document)),
            "unchanged": .array(plan.unchanged.map { .string($0.name) }), "results": .array(results),
        ]
    }
}
