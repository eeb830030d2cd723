import ArgumentParser
import JSON

struct GetRollout: RegistryCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one rollout with its waves, failing cells and blockers, or several as a table.")

    @Argument(help: "The ids.") var ids: [String]
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        let noun = RolloutResource.noun
        var found: [JSONValue] = []
        for id in ids { found.append(try session.api.send(APIRequest("GET", noun.path(id))).body) }
        guard found.count == 1 else { return try session.show(list: found, as: noun) }
        if try session.showDocument(found[0]) { return }
        guard session.isForPeople else { return session.showRows(found, noun) }
        let progress = RolloutProgress(rollout: found[0], failing: try session.failing(found[0]))
        for line in progress.report(session.paint) { session.console.print(line) }
    }
}
