import ArgumentParser
import ControlPlane
import JSON
import Registry
import Store

/// `control-plane token`: tokens without a server, for whoever has lost the last one.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Create, list and revoke tokens offline.",
        discussion: "The server must not run on the folder: use `cellctl tokens` while it does.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a token and print it, once.")

        @OptionGroup var data: DataOptions
        @Argument(help: "The token's name.") var name: String
        @Option(help: "gateway, viewer, cell, releaser, backup, operator or admin.") var role: String
        @Option(help: "The cell that a token of the role 'cell' speaks for.") var cell: String?
        @Option(help: "How long it is good for, like 720h; for ever if left out.") var expiresIn: String?

        func run() async throws {
            var document: JSONObject = ["name": .string(name), "role": .string(role)]
            if let cell { document["cell"] = .string(cell) }
            if let expiresIn { document["expiresIn"] = .string(expiresIn) }
            let request = try TokenRequest(document: .object(document))
            let answer = try await data.folder.change("createToken") { try $0.createToken(request) }
            print(answer.shown["token"]?.string ?? "")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the tokens, without their secrets.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            let tokens = try await data.folder.withStore { store in try store.read { try $0.tokens() } }
            for token in tokens {
                let expiry = token.principal.expiresAt.map { "expires \($0)" } ?? "does not expire"
                print("\(token.principal.name)  \(token.principal.role.rawValue)  \(expiry)")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a token.")

        @OptionGroup var data: DataOptions
        @Argument(help: "The token's name.") var name: String

        func run() async throws {
            _ = try await data.folder.change("deleteToken") { [name] in try $0.deleteToken(name) }
            print("Revoked \(name).")
        }
    }
}

extension DataFolder {
    /// One change by the person at the machine.
    fileprivate func change(
        _ operation: String, _ body: @escaping @Sendable (Change) throws -> Outcome
    ) async throws -> Outcome {
        try await withStore { store in
            let context = ChangeContext(
                principal: .system, operation: operation, reason: "control-plane token, offline")
            do {
                return try await store.write(as: context) { try body(Change($0)) }
            } catch let error as RegistryError {
                throw ValidationError(error.detail)
            }
        }
    }
}
