import ArgumentParser
import JSON

struct Convergence: RegistryCommand {
    static let configuration = CommandConfiguration(
        abstract: "Which live gateways have a revision, and which have not.")

    static let noun = Noun(
        "revision", plural: "revisions", idField: "revision",
        columns: [
            Column("REVISION", "revision"), Column("CONVERGED", "converged", .yesNo),
            Column("LIVE", "live", .number),
            Column("APPLIED", "applied", .count),
            Column("WAITING FOR", "", .made(waiting)), Column("EXPIRED", "expired", .list),
        ])

    @Argument(help: "The revision, as a number or a tag.") var revision: String
    @Flag(help: "Wait until every live gateway has it.") var wait = false
    @Option(help: "With --wait: how long at most (else 2m0s).") var timeout: GoDuration?
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func validate() throws { try WaitOptions.validate(timeout, wait) }

    func run(in session: Session) throws(CommandFailure) {
        let state =
            if wait {
                try session.convergence(of: revision, within: timeout?.duration ?? WaitOptions.timeout)
            } else {
                try session.api.send(
                    APIRequest("GET", APIRequest.path("/v1/revisions", revision, "/convergence"))
                ).body
            }
        try session.show(state, as: Self.noun)
    }

    private static func waiting(_ state: JSONValue) -> String {
        (state["waiting"]?.array ?? []).map { gateway in
            "\(gateway["id"]?.string ?? "?") (at \(gateway["applied"]?.string ?? "nothing"))"
        }.joined(separator: ", ")
    }
}
