import ArgumentParser
import JSON

struct Placement: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where tenants would go.", subcommands: [Simulate.self])

    static let verdict = Noun(
        "verdict", plural: "verdicts", idField: "cell",
        columns: [
            Column("CELL", "cell"), Column("ZONE", "zone"), Column("VERDICT", "", .made(verdict)),
            Column("LOAD", "load", .number), Column("CAPACITY", "capacity", .number),
            Column("OBJECTIONS", "", .made(objections)),
        ])

    private static func verdict(_ verdict: JSONValue) -> String {
        if verdict["chosen"]?.bool == true { return "chosen" }
        return verdict["feasible"]?.bool == true ? "possible" : "refused"
    }

    private static func objections(_ verdict: JSONValue) -> String {
        (verdict["objections"]?.array ?? []).compactMap { $0["message"]?.string }.joined(separator: "; ")
    }

    struct Simulate: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Which cell a tenant would be placed on, and each cell's verdict. Changes nothing.")

        @Option(help: "The tenant's id, which breaks ties and which others may avoid.") var tenant: String?
        @Option(help: "Its load, in units.") var load = 1
        @Option(help: "A zone it may go to; may be repeated.") var zone: [String] = []
        @Option(help: ArgumentHelp("A label its cell must have; may be repeated.", valueName: "k=v"))
        var label: [String] = []
        @Flag(help: "No other tenant on its cell.") var dedicated = false
        @Option(help: "A tenant it must not share a cell with; may be repeated.") var avoidTenant: [String] =
            []
        @Option(help: "A cell it must not go to; may be repeated.") var avoidCell: [String] = []
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            for pair in label where !pair.contains("=") {
                throw ValidationError("--label is k=v, not '\(pair)'")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            let answer = try session.api.send(
                APIRequest("POST", "/v1/placement:simulate", body: .json(question))
            ).body
            if try session.showDocument(answer) { return }
            if session.isForPeople {
                let cell = answer["cell"]?.string
                session.console.print(cell.map { "would go to \($0.printable)" } ?? "would fit on no cell")
            }
            session.showRows(answer["verdicts"]?.array ?? [], verdict)
        }

        private var question: JSONValue {
            var placement = JSONObject()
            if !zone.isEmpty { placement["zones"] = .array(zone.map { .string($0) }) }
            if dedicated { placement["dedicated"] = true }
            if !avoidTenant.isEmpty { placement["avoidTenants"] = .array(avoidTenant.map { .string($0) }) }
            if !avoidCell.isEmpty { placement["avoidCells"] = .array(avoidCell.map { .string($0) }) }
            var labels = JSONObject()
            for pair in label {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                labels[String(parts[0])] = .string(String(parts[1]))
            }
            if !labels.isEmpty { placement["matchLabels"] = .object(labels) }
            var question: JSONObject = ["load": .integer(Int64(load)), "placement": .object(placement)]
            if let tenant { question["tenant"] = .string(tenant) }
            return .object(question)
        }
    }
}
