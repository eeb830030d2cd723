import ArgumentParser
import JSON

/// Velero's own records, into the catalog.
struct BackupImport: RegistryCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take over what Velero knows: its backups, schedules and restores.",
        discussion: """
            The same again changes nothing. What is wrong with one item is told, and the others are taken.

            EXAMPLES:
              velero backup get -o json | cellctl backups import
              velero schedule get -o json > schedules.json
              cellctl backups import schedules.json restores.json
            """)

    @Argument(help: "What Velero shows with -o json; - or none is standard input.") var files: [String] = []
    @OptionGroup(title: "Write Options") var write: WriteOptions
    @OptionGroup(title: "Global Options") var global: GlobalOptions

    func run(in session: Session) throws(CommandFailure) {
        var items: [JSONValue] = []
        for file in files.isEmpty ? ["-"] : files {
            for document in try Documents.read(file) { items += VeleroBatches.items(of: document) }
        }
        var sum = JSONObject()
        var failures: [JSONValue] = []
        var sent = 0
        for batch in VeleroBatches.cut(items) {
            let list: JSONValue = ["apiVersion": "v1", "kind": "List", "items": .array(batch)]
            let request = write.applied(
                to: APIRequest("POST", BackupResource.noun.path + ":import", body: .json(list)))
            let answer = try session.api.send(request).body
            let result = write.dryRun ? answer["result"] ?? [:] : answer
            for kind in VeleroBatches.kinds { sum[kind] = VeleroBatches.sum(sum[kind], result[kind]) }
            failures += (result["failures"]?.array ?? []).map { VeleroBatches.moved($0, by: sent) }
            sent += batch.count
        }
        sum["failed"] = .integer(Int64(failures.count))
        sum["failures"] = .array(failures)
        if try !session.showDocument(.object(sum)) { show(sum, session) }
        for failure in failures { session.console.printError(VeleroBatches.line(failure)) }
        if !failures.isEmpty {
            throw .incomplete(
                "\(failures.count) of \(items.count.counted("item")) \(failures.count == 1 ? "was" : "were") not taken",
                .partial)
        }
    }

    private func show(_ sum: JSONObject, _ session: Session) {
        guard session.isForPeople else { return }
        for kind in VeleroBatches.kinds {
            let counts = (sum[kind]?.object ?? [:]).filter { ($0.1.integer ?? 0) > 0 }
                .map { "\($0.1.integer ?? 0) \($0.0)" }
            if !counts.isEmpty {
                session.console.print("\(kind): \(counts.joined(separator: ", "))".printable)
            }
        }
        if write.dryRun { session.console.printError("dry run: nothing was changed") }
    }
}
