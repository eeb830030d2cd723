import ArgumentParser
import JSON

struct Policies: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The safety rules that moves, drains and rollouts are held to.",
        subcommands: [Get.self, Set.self, Patch.self])

    private static let path = "/v1/policies"
    private static let noun: Noun = {
        var noun = Noun("policies", plural: "policies", path: path, columns: [])
        noun.isSingle = true
        return noun
    }()

    /// The rules are one document; as a table it is a line a rule.
    private static func show(_ policies: JSONValue, _ session: Session) throws(CommandFailure) {
        if try session.showDocument(policies) { return }
        let rules = (policies.object ?? [:]).filter { !Diff.bookkeeping.contains($0.key) }
        if session.format == .name {
            for rule in rules { session.console.print(rule.key.printable) }
            return
        }
        let rows = rules.flatMap { rule -> [JSONValue] in
            let values = rule.value.array ?? [rule.value]
            return values.map { ["rule": .string(rule.key), "value": $0] }
        }
        let table = Noun(
            "rule", plural: "rules", idField: "rule",
            columns: [Column("RULE", "rule"), Column("VALUE", "", .made(value))])
        session.showRows(rows, table)
    }

    private static func value(_ row: JSONValue) -> String {
        let value = row["value"] ?? .null
        guard let members = value.object else { return value.string ?? value.encodedString() }
        return members.map { "\($0.key)=\($0.value.string ?? $0.value.encodedString())" }.joined(
            separator: " ")
    }

    struct Get: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rules.",
            discussion: "With -o yaml: the document that 'policies set -f' takes.")

        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            try Policies.show(session.api.send(APIRequest("GET", Policies.path)).body, session)
        }
    }

    struct Set: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the rules by a document.",
            discussion: """
                What the document leaves out is reset to its default.

                EXAMPLES:
                  cellctl policies get -o yaml > policies.yaml
                  cellctl policies set -f policies.yaml --dry-run
                """)

        @Option(
            name: [.short, .customLong("file")], help: "The document, YAML or JSON; - is standard input.")
        var file: String
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = APIRequest("PUT", Policies.path, body: .json(try Documents.one(file).withoutKind))
            try session.write(request, Policies.noun, "policies", done: "updated", write)
        }
    }

    struct Patch: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change some of the rules.",
            discussion: """
                Reads the rules, changes what is said, and writes them on the condition that nobody else has meanwhile.

                EXAMPLES:
                  cellctl policies patch --set massFailureBrake.cellsMin=5
                  cellctl policies patch -p '{"changeCalendar": []}' --dry-run
                """)

        @Option(
            help: ArgumentHelp(
                "A rule and its value: activeZonesMin=2, massFailureBrake.unhealthyPercent=30.",
                valueName: "field=value"))
        var set: [FieldAssignment] = []
        @Option(name: .shortAndLong, help: "A merge patch (RFC 7396), JSON or YAML, in place of --set.")
        var patch: String?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if set.isEmpty == (patch == nil) { throw ValidationError("give --set or --patch, and not both") }
        }

        func run(in session: Session) throws(CommandFailure) {
            let patch = try FieldAssignment.patch(set, or: self.patch)
            let current = try session.api.send(APIRequest("GET", Policies.path))
            var request = APIRequest(
                "PUT", Policies.path, body: .json(current.body.applyingMergePatch(patch)))
            if write.ifMatch == nil {
                guard let tag = current.tag else {
                    throw .failed("the control plane gives the policies no ETag")
                }
                request.fields.append(("If-Match", tag))
            }
            try session.write(request, Policies.noun, "policies", done: "updated", write)
        }
    }
}
