import ArgumentParser
import JSON

// What people do for backups that there are: keep them, and look whether they are any good.
extension Backups {
    struct Hold: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a backup, whatever its time to live says, until it is released.",
            discussion: """
                EXAMPLES:
                  cellctl backups hold daily-20260302020000 --reason 'audit of 2026'
                """)

        @Argument(help: "The backup.") var id: String
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func validate() throws {
            if global.reason == nil {
                throw ValidationError("a hold needs a --reason, which is shown with it")
            }
        }

        func run(in session: Session) throws(CommandFailure) {
            let body: JSONValue = ["reason": .string(global.reason ?? "")]
            let noun = BackupResource.noun
            try session.write(
                APIRequest("POST", noun.path(id, ":hold"), body: .json(body)), noun, id, done: "held", write)
        }
    }

    struct Release: RegistryCommand {
        static let configuration = CommandConfiguration(abstract: "End the holds on a backup.")

        @Argument(help: "The backup.") var id: String
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let noun = BackupResource.noun
            try session.write(
                APIRequest("POST", noun.path(id, ":release")), noun, id, done: "released", write)
        }
    }

    struct Verify: RegistryCommand {
        enum Result: String, CaseIterable, ExpressibleByArgument {
            case passed, failed
        }

        static let configuration = CommandConfiguration(
            abstract: "Record that a backup was looked at, how, and whether it is any good.",
            discussion: """
                EXAMPLES:
                  cellctl backups verify daily-20260302020000 passed --method checksum
                """)

        @Argument(help: "The backup.") var id: String
        @Argument(help: "What came of it.") var result: Result
        @Option(help: "How: checksum, restore, or another word.") var method: String
        @Option(help: ArgumentHelp("When, RFC 3339. Else now.", valueName: "time")) var at: String?
        @Option(help: "What was found.") var message: String?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var body: JSONObject = ["method": .string(method), "result": .string(result.rawValue)]
            if let at { body["verifiedAt"] = .string(at) }
            if let message { body["message"] = .string(message) }
            let noun = BackupResource.noun
            try session.write(
                APIRequest("POST", noun.path(id, ":verify"), body: .json(.object(body))), noun, id,
                done: "verified (\(result.rawValue))", write)
        }
    }

    struct Verifications: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who has verified a backup, how, and what came of it, newest first.")

        @Argument(help: "The backup.") var id: String
        @OptionGroup var paging: LimitOption
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        private static let noun = Noun(
            "verification", plural: "verifications", idField: "at",
            columns: [
                Column("AT", "at"), Column("METHOD", "method"), Column("RESULT", "result"),
                Column("BY", "by"),
                Column("MESSAGE", "message"),
            ])

        func run(in session: Session) throws(CommandFailure) {
            let items = try session.api.list(
                BackupResource.noun.path(id, "/verifications"), query: [], limit: paging.limit,
                cursorName: "cursor")
            try session.show(list: items, as: Self.noun)
        }
    }
}
