import ArgumentParser
import JSON
import Registry

enum BackupResource: Resource {
    static let noun = Noun(
        "backup", plural: "backups", path: "/v1/backups", idField: "name",
        columns: [
            Column("NAME", "name"), Column("PHASE", "phase"), Column("GOOD", "good", .yesNo),
            Column("SCOPE", "", .made { ScopeOptions.text($0["scope"]) }), Column("AGE", "startedAt", .age),
            Column("EXPIRES", "expiresAt", .until), Column("ERRORS", "errors", .number),
            Column("HELD", "", .made { $0["holds"]?.array?.isEmpty == false ? "yes" : "" }),
            Column("VERIFIED", "", .made(verified)), Column("SIZE", "sizeBytes", .number, wide: true),
            Column("ITEMS", "items.backedUp", .number, wide: true),
            Column("WARNINGS", "warnings", .number, wide: true),
            Column("EXECUTOR", "executor", wide: true), Column("SOURCE", "source", wide: true),
            Column("LOCATION", "location", wide: true), Column("MESSAGE", "message", wide: true),
        ])

    struct Filters: ListFilters {
        @Option(help: "Only of this schedule.") var schedule: String?
        @Option(help: "Only in this phase: InProgress, Completed, PartiallyFailed, Failed, …")
        var phase: String?

        var query: [(String, String?)] { [("schedule", schedule), ("phase", phase)] }
    }

    private static func verified(_ backup: JSONValue) -> String {
        guard let result = backup["verification"]?["result"]?.string else { return "" }
        return backup["stale"] == true ? "\(result), stale" : result
    }
}

struct Backups: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The backup catalog: what there is, what is missing, what may go.",
        subcommands: [
            List<BackupResource>.self, Get<BackupResource>.self, Create.self, Delete.self, Hold.self,
            Release.self, Verify.self, Verifications.self, BackupCoverage.self, Prune.self,
            BackupImport.self, BackupPreset.self,
        ])

    struct Create: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a backup made.",
            discussion: """
                EXAMPLES:
                  cellctl backups create before-release --namespace titan-data --ttl 168h
                  cellctl backups create --cell cell-1 --dry-run
                """)

        @Argument(help: "Its name; else one is made of the time.") var name: String?
        @OptionGroup(title: "What It Is Of") var scope: ScopeOptions
        @Option(help: "How long it is kept. Else 720h.") var ttl: GoDuration?
        @Option(help: "Who makes it: external, velero or registry.") var executor: String?
        @Option(help: "Where it is stored.") var storageLocation: String?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if scope.document == nil {
                throw ValidationError("say what it is of, such as --everything or --namespace titan-data")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            var body = JSONObject()
            if let name { body["name"] = .string(name) }
            if let scope = scope.document { body["scope"] = scope }
            if let ttl { body["ttl"] = .string(ttl.duration.go) }
            if let executor { body["executor"] = .string(executor) }
            if let storageLocation { body["storageLocation"] = .string(storageLocation) }
            let noun = BackupResource.noun
            let request = write.applied(to: APIRequest("POST", noun.path, body: .json(.object(body))))
            try session.showMade(try session.api.send(request), noun, write)
        }
    }

    struct Delete: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete backups and what is stored of them; never the last good one unasked.")

        @Argument(help: "The backups.") var ids: [String]
        @Flag(help: "Forget the record alone; what is stored stays.") var catalogOnly = false
        @Flag(help: "Even the last good one of its line; give a --reason.") var override = false
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            try write.validate(for: ids)
            if override, global.reason == nil { throw ValidationError("--override needs a --reason") }
        }

        func run(in session: Session) throws(CommandFailure) {
            let noun = BackupResource.noun
            for id in ids {
                var request = APIRequest("DELETE", noun.path(id))
                if catalogOnly { request.query.append(("catalogOnly", "true")) }
                if override { request.query.append(("override", "true")) }
                try session.write(
                    request, noun, id, done: catalogOnly ? "forgotten" : "is being deleted", write)
            }
        }
    }

    struct Prune: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete what has expired and nobody needs, now; --dry-run names it.")

        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = write.applied(to: APIRequest("POST", BackupResource.noun.path + ":prune"))
            let answer = try session.api.send(request).body
            if try session.showDocument(answer) { return }
            let pruned = write.dryRun ? answer["result"] ?? [:] : answer
            let gone = pruned["deleted"]?.array ?? []
            if session.format == .name {
                for backup in gone { session.console.print((backup["backup"]?.string ?? "").printable) }
                return
            }
            for verdict in gone + (pruned["kept"]?.array ?? []) {
                session.console.print((verdict["why"]?.string ?? "").printable)
            }
            let remaining = pruned["remaining"]?.integer ?? 0
            let rest = remaining > 0 ? ", \(remaining) more the next time" : ""
            let verb = write.dryRun ? "would go" : "are being deleted"
            session.console.print("\(gone.count.counted("backup")) \(verb)\(rest)")
        }
    }
}

extension Session {
    /// Tells of what was made, by the name it was given.
    func showMade(_ answer: APIAnswer, _ noun: Noun, _ write: WriteOptions) throws(CommandFailure) {
        if write.dryRun { return try showDryRun(answer.body) }
        if try showDocument(answer.body) { return }
        let id = answer.body[noun.idField]?.string ?? ""
        let phase = answer.body["phase"]?.string.map { ": \($0)" } ?? ""
        console.print((format == .name ? id : "\(noun.name)/\(id) created\(phase)").printable)
    }
}
