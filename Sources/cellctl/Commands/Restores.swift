import ArgumentParser
import JSON
import Registry

enum RestoreResource: Resource {
    static let noun = Noun(
        "restore", plural: "restores", path: "/v1/restores", idField: "name",
        columns: [
            Column("NAME", "name"), Column("BACKUP", "backup"), Column("PHASE", "phase"),
            Column("DRILL", "drill", .yesNo), Column("AGE", "createdAt", .age), Column("TOOK", "duration"),
            Column("ERRORS", "errors", .number), Column("MESSAGE", "message"),
            Column("SCHEDULE", "schedule", wide: true), Column("EXECUTOR", "executor", wide: true),
            Column("INTO", "cellMapping", .pairs, wide: true),
            Column("NAMESPACES", "namespaceMapping", .pairs, wide: true),
        ])

    struct Filters: ListFilters {
        @Option(help: "Only of this backup.") var backup: String?
        @Option(help: "Only in this phase: InProgress, Completed, Failed, …") var phase: String?
        @Flag(help: "Only drills.") var drill = false

        var query: [(String, String?)] {
            [("backup", backup), ("phase", phase), ("drill", drill ? "true" : nil)]
        }
    }
}

struct Restores: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring back what a backup has, in earnest or as a drill.",
        subcommands: [
            Create.self, List<RestoreResource>.self, Get<RestoreResource>.self, Watch.self,
        ])

    struct Create: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a backup restored; --dry-run shows what it would touch.",
            discussion: """
                EXAMPLES:
                  cellctl restores create --schedule daily --cell cell-1 --dry-run
                  cellctl restores create --schedule daily --drill --into cell-1=cell-9 --wait
                  cellctl restores create --backup daily-20260302020000 --namespace titan-data
                """)

        @Option(help: "The backup to read.") var backup: String?
        @Option(help: "The schedule whose newest good backup is read.") var schedule: String?
        @Option(help: "The restore's name; else one is made.") var name: String?
        @OptionGroup(title: "What Of It") var scope: ScopeOptions
        @Option(help: ArgumentHelp("A cell, and the one it goes into; repeat it.", valueName: "cell=cell"))
        var into: [String] = []
        @Option(
            help: ArgumentHelp(
                "A namespace, and the one it goes into; repeat it.", valueName: "namespace=namespace"))
        var namespaceInto: [String] = []
        @Flag(help: "A test: how long it takes is kept as evidence.") var drill = false
        @Option(help: "Who carries it out; else whoever has made the backup.") var executor: String?
        @Option(help: ArgumentHelp("Even into cells that serve tenants, and why.", valueName: "reason"))
        var overrideReason: String?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Write Options") var waiting: OperationWaitOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if (backup == nil) == (schedule == nil) {
                throw ValidationError("name a --backup, or a --schedule for its newest good one")
            }
            for pair in into + namespaceInto where !pair.contains("=") {
                throw ValidationError("'\(pair)' has no '=' between what goes and where it goes")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            let noun = RestoreResource.noun
            let request = write.applied(to: APIRequest("POST", noun.path, body: .json(body)))
            let answer = try session.api.send(request)
            if write.dryRun {
                if session.isForPeople { session.show(touched: answer.body["preview"] ?? [:]) }
                return try session.showDryRun(answer.body)
            }
            guard waiting.wait else { return try session.showMade(answer, noun, write) }
            try session.finish(
                restore: answer.body["name"]?.string ?? "", within: waiting.timeout?.duration, isKnown: true)
        }

        private var body: JSONValue {
            var body: JSONObject = ["drill": .bool(drill)]
            if let backup { body["backup"] = .string(backup) }
            if let schedule { body["schedule"] = .string(schedule) }
            if let name { body["name"] = .string(name) }
            if let scope = scope.document { body["scope"] = scope }
            if !into.isEmpty { body["cellMapping"] = Self.mapping(into) }
            if !namespaceInto.isEmpty { body["namespaceMapping"] = Self.mapping(namespaceInto) }
            if let executor { body["executor"] = .string(executor) }
            if let overrideReason { body["override"] = ["reason": .string(overrideReason)] }
            return .object(body)
        }

        private static func mapping(_ pairs: [String]) -> JSONValue {
            var mapping = JSONObject()
            for pair in pairs {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                mapping[String(parts[0])] = .string(String(parts[1]))
            }
            return .object(mapping)
        }
    }

    struct Watch: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Watch a restore to its end, and end as it does.")

        @Argument(help: "The restore.") var name: String
        @Option(help: "Watch no longer than this; the restore goes on.") var timeout: GoDuration?
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            try session.finish(restore: name, within: timeout?.duration, isKnown: false)
        }
    }
}
