import ArgumentParser
import JSON
import Registry

enum TokenResource: Resource {
    static let noun = Noun(
        "token", plural: "tokens", path: "/v1/tokens", idField: "name",
        columns: [
            Column("NAME", "name"), Column("ROLE", "role"), Column("CELL", "cell"),
            Column("AGE", "createdAt", .age), Column("EXPIRES", "expiresAt"),
            Column("REVISION", "revision", .number, wide: true),
        ])
}

struct Tokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who may call: tokens and their roles.",
        subcommands: [List<TokenResource>.self, Create.self, Revoke.self])

    struct Create: RegistryCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a token. It is written to standard output alone, and is never shown again.")

        @Argument(help: "Whom it is for: the actor in the audit.") var name: String
        @Option(help: "gateway, viewer, cell, releaser, backup, operator or admin.") var role: String
        @Option(help: "The one cell that it is for.") var cell: String?
        @Option(help: "How long it is good for, such as 720h. Else until it is revoked.") var expiresIn:
            GoDuration?
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            var body: JSONObject = ["name": .string(name), "role": .string(role)]
            if let cell { body["cell"] = .string(cell) }
            if let expiresIn { body["expiresIn"] = .string(expiresIn.duration.go) }
            let request = write.applied(to: APIRequest("POST", "/v1/tokens", body: .json(.object(body))))
            let answer = try session.api.send(request).body
            if write.dryRun { return try session.showDryRun(answer) }
            if try session.showDocument(answer) { return }
            session.console.printError(
                "token/\(name) created; keep what follows, it is shown this once".printable)
            session.console.print((answer["token"]?.string ?? "").printable)
        }
    }

    struct Revoke: RegistryCommand {
        static let configuration = CommandConfiguration(abstract: "Make a token worthless, at once.")

        @Argument(help: "The token's name.") var name: String
        @OptionGroup(title: "Write Options") var write: WriteOptions
        @OptionGroup(title: "Global Options") var global: GlobalOptions

        func run(in session: Session) throws(CommandFailure) {
            let noun = TokenResource.noun
            try session.write(APIRequest("DELETE", noun.path(name)), noun, name, done: "revoked", write)
        }
    }
}
