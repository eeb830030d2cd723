import ArgumentParser
import JSON
import Registry

enum ScheduleResource: Resource {
    static let noun = Noun(
        "schedule", plural: "schedules", path: "/v1/backup-schedules", idField: "name",
        columns: [
            Column("NAME", "name"), Column("SCHEDULE", "schedule"), Column("ZONE", "timeZone"),
            Column("SCOPE", "", .made { ScopeOptions.text($0["scope"]) }), Column("TTL", "ttl"),
            Column("PAUSED", "paused", .yesNo), Column("SUCCESS", "status.lastSuccessAt", .age),
            Column("NEXT", "status.nextRunAt", .until), Column("MISSED", "status.missed", .number),
            Column("RUNNING", "status.running", .first), Column("EXECUTOR", "executor", wide: true),
            Column("OVERLAP", "overlap", wide: true), Column("KEEP", "keepLast", .number, wide: true),
            Column("RPO", "status.rpo", wide: true), Column("RTO", "rto", wide: true),
            Column("REVISION", "revision", .number, wide: true),
        ])
}

struct Schedules: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "When backups of what are made, and for how long they are kept.",
        subcommands: [
            List<ScheduleResource>.self, Get<ScheduleResource>.self, Put.self, Patch<ScheduleResource>.self,
            Delete<ScheduleResource>.self, Act<Pause>.self, Act<Resume>.self, Trigger.self, Next.self,
            Missed.self,
        ])

    enum Pause: ResourceAction {
        typealias On = ScheduleResource
        static let (verb, done) = ("pause", "paused")
        static let abstract = "Start no more runs of schedules; what runs goes on."
    }

    enum Resume: ResourceAction {
        typealias On = ScheduleResource
        static let (verb, done) = ("resume", "resumed")
        static let abstract = "Start runs again, with the next that falls due."
    }

    struct Put: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create or replace a schedule.",
            discussion: """
                What is not given is reset to its default.

                EXAMPLES:
                  cellctl schedules put daily --schedule '0 2 * * *' --everything --ttl 720h
                  cellctl schedules put data --schedule @hourly --namespace titan-data
                  cellctl schedules put own --schedule '30 * * * *' --registry --keep-last 24
                  cellctl schedules put daily -f schedule.yaml
                """)

        @Argument(help: "The schedule's name.") var name: String
        @Option(
            name: [.short, .customLong("file")],
            help: "The schedule as the API takes it, YAML or JSON; - is standard input.")
        var file: String?
        @Option(help: "Five fields of cron, a word like @daily, or @every 6h.") var schedule: String?
        @Option(help: "The clocks that it goes by, such as Europe/Berlin. Else UTC.") var timeZone: String?
        @OptionGroup(title: "What Backups Are Of") var scope: ScopeOptions
        @Option(help: "How long a backup is kept. Else 720h.") var ttl: GoDuration?
        @Option(help: "Newest good backups that are kept however old. Else 3.") var keepLast: Int?
        @Option(help: "Who makes them: external, velero or registry.") var executor: String?
        @Option(help: "Where they are stored.") var storageLocation: String?
        @Option(help: "What a run does while another is under way: forbid, replace or queue.")
        var overlap: String?
        @Option(help: "How old the newest good backup may be. Else by the schedule.") var rpo: GoDuration?
        @Option(help: "How long a restore may take.") var rto: GoDuration?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if file == nil, schedule == nil || scope.document == nil {
                throw ValidationError("give --schedule and what it is of, or a document with -f")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            var patch = JSONObject()
            func set(_ field: String, _ text: String?) {
                if let text { patch[field] = .string(text) }
            }
            set("schedule", schedule)
            set("timeZone", timeZone)
            set("ttl", ttl?.duration.go)
            set("executor", executor)
            set("storageLocation", storageLocation)
            set("overlap", overlap)
            set("rpo", rpo?.duration.go)
            set("rto", rto?.duration.go)
            if let keepLast { patch["keepLast"] = .integer(Int64(keepLast)) }
            var body = (try file.map(Documents.one) ?? [:]).withoutKind.applyingMergePatch(.object(patch))
            // A merge patch would leave the scope of the document beside this one.
            if let scope = scope.document, case .object(var object) = body {
                object["scope"] = scope
                body = .object(object)
            }
            let noun = ScheduleResource.noun
            let request = APIRequest("PUT", noun.path(name), body: .json(body))
            try session.write(request, noun, name, done: "updated", write)
        }
    }

    struct Trigger: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a run of a schedule now, whatever the time is.")

        @Argument(help: "The schedule.") var name: String
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let request = write.applied(to: APIRequest("POST", ScheduleResource.noun.path(name, ":trigger")))
            try session.showMade(try session.api.send(request), BackupResource.noun, write)
        }
    }

    struct Next: RegistryCommand {
        static let configuration = CommandConfiguration(abstract: "Show when a schedule runs next.")

        @Argument(help: "The schedule.") var name: String
        @Option(help: "How many runs to show.") var count = 10
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        private static let noun = Noun(
            "run", plural: "runs", idField: "at", columns: [Column("AT", "at"), Column("IN", "at", .until)])

        func run(in session: Session) throws(CommandFailure) {
            let request = APIRequest(
                "GET", ScheduleResource.noun.path(name, "/next"), query: [("count", String(count))])
            let answer = try session.api.send(request).body
            if try session.showDocument(answer) { return }
            session.showRows((answer["items"]?.array ?? []).map { ["at": $0] }, Self.noun)
        }
    }

    struct Missed: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the runs of a schedule that were missed, newest first, and why.")

        @Argument(help: "The schedule.") var name: String
        @OptionGroup var paging: LimitOption
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        private static let noun = Noun(
            "run", plural: "runs", idField: "dueAt",
            columns: [
                Column("DUE", "dueAt"), Column("REASON", "reason"), Column("MESSAGE", "message"),
            ])

        func run(in session: Session) throws(CommandFailure) {
            let items = try session.api.list(
                ScheduleResource.noun.path(name, "/missed-runs"), query: [], limit: paging.limit,
                cursorName: "cursor")
            try session.show(list: items, as: Self.noun)
        }
    }
}
