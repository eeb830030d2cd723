import JSON
import Registry
import Store

/// What a new token shall be.
public struct TokenRequest: Sendable, Equatable {
    public var name: String
    public var role: Role
    public var cell: CellID?
    /// Nil: it does not expire.
    public var expiresIn: Duration?

    public init(name: String, role: Role, cell: CellID? = nil, expiresIn: Duration? = nil) {
        self.name = name
        self.role = role
        self.cell = cell
        self.expiresIn = expiresIn
    }

    /// - Throws: `invalidArgument` with every field that is wrong.
    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        let name = reader.required(
            "name", reader.parsed("name", Self.nameRule) { Self.isName($0) ? $0 : nil })
        let role = reader.required("role", reader.choice("role", Role.self))
        let cell = reader.parsed("cell", "must be a cell's name", CellID.init)
        let expiresIn = reader.duration("expiresIn", in: .seconds(60)...(.seconds(10 * 365 * 86_400)))
        if role == .cell, !reader.has("cell") { reader.report("cell", "is required for the role 'cell'") }
        if let role, role != .cell, reader.has("cell") {
            reader.report("cell", "is for the role 'cell' alone")
        }
        try reader.finish()
        guard let name, let role else {
            preconditionFailure("finish() throws where a required field is missing")
        }
        self.init(name: name, role: role, cell: cell, expiresIn: expiresIn)
    }

    private static let nameRule =
        "must be 1 to 63 characters of letters, digits, '.', '_' and '-', and not a name of ours"

    /// `anonymous` and `system` stand in the audit for nobody's token and for ourselves; no path can name `.` and `..`.
    private static func isName(_ name: String) -> Bool {
        DocumentReader.isWord(name) && !["anonymous", "system", ".", ".."].contains(name)
    }
}

extension Change {
    /// Makes a token; its secret is in the outcome and nowhere else.
    public func createToken(_ request: TokenRequest) throws -> Outcome {
        guard try transaction.token(request.name) == nil else {
            throw RegistryError(
                .alreadyExists, "There is a token '\(request.name)' already.",
                nextSteps: ["revoke it first, or take another name"])
        }
        let secret = TokenSecret.random()
        let principal = Principal(
            name: request.name, role: request.role, cell: request.cell,
            expiresAt: request.expiresIn.map { transaction.now.advanced(byMilliseconds: $0.milliseconds) })
        let token = try transaction.insert(principal, hash: secret.hash)
        var shown = token.shown
        shown["token"] = .string(secret.text)
        return Outcome(created: true, shown: shown, revision: token.revision, previous: .zero)
    }

    public func deleteToken(_ name: String) throws -> Outcome {
        guard let token = try transaction.token(name) else { throw notFound("token", name) }
        try check("token", name, at: token.revision)
        try transaction.delete(token)
        return .deleted(name, at: transaction.revision(), previous: token.revision)
    }
}

extension TokenRecord {
    /// What the API shows: never the secret, nor its hash.
    public var shown: JSONObject {
        guard case .object(var object) = document else { preconditionFailure("a document is an object") }
        object["createdAt"] = .string(createdAt.description)
        object["revision"] = .integer(revision.rawValue)
        return object
    }
}
