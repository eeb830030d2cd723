import ArgumentParser
import JSON
import Registry

enum WebhookResource: Resource {
    static let noun = Noun(
        "webhook", plural: "webhooks", path: "/v1/webhooks", idField: "name",
        columns: [
            Column("NAME", "name"), Column("URL", "url"), Column("PAUSED", "paused", .yesNo),
            Column("PENDING", "pending", .number), Column("DEAD", "dead", .number),
            Column("AGE", "createdAt", .age), Column("REVISION", "revision", .number, wide: true),
        ])
}

struct Webhooks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who is told of rollouts, drains and moves, and whether it arrives.",
        subcommands: [
            List<WebhookResource>.self, Get<WebhookResource>.self, Put.self, Delete<WebhookResource>.self,
            Act<Ping>.self, Deliveries.self, Redeliver.self,
        ])

    enum Ping: ResourceAction {
        typealias On = WebhookResource
        static let verb = "ping"
        static let done = "pinged"
        static let abstract = "Send a webhook a test event; 'deliveries' shows whether it arrived."
    }

    struct Put: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create or replace a webhook.",
            discussion: """
                A secret that is made for it is written to standard output alone, and never shown again.

                EXAMPLES:
                  cellctl webhooks put pager --to https://pager.example.com > pager.secret
                  cellctl webhooks put pager --to https://pager.example.com --event '*.failed'
                """)

        @Argument(help: "The webhook's name.") var name: String
        @Option(help: "The URL that events are POSTed to.") var to: String
        @Option(
            help: "A type of event like drain.succeeded, or a pattern like rollout.*; repeat it. Else all.")
        var event: [String] = []
        @Flag(help: "Send nothing for now; what happens is kept for later.") var paused = false
        @Option(help: "File with the secret to sign with; else one is made for a new webhook.")
        var secretFile: String?
        @Flag(help: "Make the secret anew.") var rotateSecret = false
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var body: JSONObject = ["url": .string(to), "paused": .bool(paused)]
            if !event.isEmpty { body["events"] = .array(event.map { .string($0) }) }
            if let secretFile { body["secret"] = .string(try Self.secret(in: secretFile)) }
            if rotateSecret { body["rotateSecret"] = true }
            let noun = WebhookResource.noun
            let request = write.applied(to: APIRequest("PUT", noun.path(name), body: .json(.object(body))))
            let answer = try session.api.send(request)
            if write.dryRun { return try session.showDryRun(answer.body) }
            if try session.showDocument(answer.body) { return }
            let verb = answer.wasCreated ? "created" : "updated"
            guard let made = answer.body["secret"]?.string else {
                return session.console.print("webhook/\(name) \(verb)".printable)
            }
            session.console.printError(
                "webhook/\(name) \(verb); keep its secret, it is shown this once".printable)
            session.console.print(made.printable)
        }

        /// Without the line end that an editor leaves there.
        private static func secret(in file: String) throws(CommandFailure) -> String {
            var text = String(decoding: try InputFile.bytes(at: file), as: UTF8.self)
            while let last = text.unicodeScalars.last, last == "\n" || last == "\r" {
                text.unicodeScalars.removeLast()
            }
            return text
        }
    }

    struct Deliveries: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what is on its way to a webhook and what became of it, newest first.")

        @Argument(help: "The webhook's name.") var name: String
        @Option(help: "pending, delivered or dead.") var state: String?
        @OptionGroup var paging: LimitOption
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        private static let noun = Noun(
            "delivery", plural: "deliveries",
            columns: [
                Column("ID", "id"), Column("TYPE", "type"), Column("STATE", "state"),
                Column("TRIES", "attempts", .number), Column("STATUS", "status"),
                Column("AGE", "createdAt", .age), Column("NEXT", "nextAt"), Column("MESSAGE", "message"),
            ])

        func run(in session: Session) throws(CommandFailure) {
            let items = try session.api.list(
                WebhookResource.noun.path(name, "/deliveries"), query: state.map { [("state", $0)] } ?? [],
                limit: paging.limit, cursorName: "cursor")
            try session.show(list: items, as: Self.noun)
        }
    }

    struct Redeliver: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deliver events again, whatever became of them.")

        @Argument(help: "The webhook's name.") var name: String
        @Argument(help: "The deliveries' ids.") var ids: [String]
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws { try write.validate(for: ids) }

        func run(in session: Session) throws(CommandFailure) {
            let noun = Noun("delivery", plural: "deliveries", columns: [])
            for id in ids {
                let path = APIRequest.path(WebhookResource.noun.path(name, "/deliveries"), id, ":redeliver")
                try session.write(APIRequest("POST", path), noun, id, done: "is delivered again", write)
            }
        }
    }
}
