import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Tokens")
struct TokenChangesTests {
    private static func create(_ request: TokenRequest, in plane: ControlPlane, _ how: How = How())
        async throws -> JSONValue
    {
        try await plane.change(how) { try $0.createToken(request) }.json
    }

    private static func principal(_ secret: String?, in plane: ControlPlane) -> Principal? {
        secret.flatMap { plane.tokens.principal(bearing: $0, at: plane.clock.now()) }
    }

    @Test("a token stands for its name and role from its making to its revocation, across a restart")
    func life() async throws {
        try await TemporaryControlPlane.with { temporary in
            let secret = try await temporary.withPlane { plane in
                let shown = try await Self.create(
                    TokenRequest(name: "ci", role: .cell, cell: CellID("cell-1")), in: plane)
                let secret = shown["token"]?.string
                #expect(secret.flatMap { TokenSecret($0) }?.text == secret)
                #expect(shown["cell"] == "cell-1")
                #expect(
                    Self.principal(secret, in: plane)
                        == Principal(
                            name: "ci", role: .cell, cell: CellID("cell-1"), token: Revision(rawValue: 1)))
                return secret
            }
            try await temporary.withPlane { plane in
                #expect(Self.principal(secret, in: plane)?.name == "ci")
                try await plane.change(How()) { try $0.deleteToken("ci") }
                #expect(Self.principal(secret, in: plane) == nil)
                #expect(try plane.tokenRecords() == [])
                await refused(.notFound) { try await plane.change(How()) { try $0.deleteToken("ci") } }
            }
        }
    }

    @Test("the secret is in the answer and nowhere else")
    func secret() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let shown = try await Self.create(TokenRequest(name: "ci", role: .viewer), in: plane)
            let secret = try #require(shown["token"]?.string)
            let event = try plane.events(after: .zero, AuditFilter(), limit: 1).events.first
            #expect(event?.event.document == #"{"name":"ci","role":"viewer"}"#)
            #expect(try plane.tokenRecords().first?.shown["token"] == nil)
            #expect(try plane.tokenRecords().first?.hash == TokenSecret(secret)?.hash)
            let dry = try await Self.create(
                TokenRequest(name: "two", role: .viewer), in: plane, How(dryRun: true))
            #expect(dry["result"]?["token"] == nil)
            #expect(!dry.encodedString().contains("crp_"))
        }
    }

    @Test("a token ends with its lifetime, to the millisecond")
    func expiry() async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                let shown = try await Self.create(
                    TokenRequest(name: "ci", role: .viewer, expiresIn: .seconds(60)), in: plane)
                let secret = shown["token"]?.string
                #expect(
                    shown["expiresAt"]
                        == .string(plane.clock.now().advanced(byMilliseconds: 60_000).description))
                temporary.time.advance(.milliseconds(59_999))
                #expect(Self.principal(secret, in: plane) != nil)
                temporary.time.advance(.milliseconds(1))
                #expect(Self.principal(secret, in: plane) == nil)
            }
        }
    }

    @Test("a write whose token has ended since the request began is refused, an import's next lines too")
    func revoked() async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                var caller: [Principal] = []
                for name in ["gone", "again", "late"] {
                    let lifetime: Duration? = name == "late" ? .seconds(60) : nil
                    let shown = try await Self.create(
                        TokenRequest(name: name, role: .operator, expiresIn: lifetime), in: plane)
                    caller.append(try #require(Self.principal(shown["token"]?.string, in: plane)))
                }
                func put(by principal: Principal) async throws {
                    let context = ChangeContext(principal: principal, operation: "putCell")
                    _ = try await plane.change(ChangeRequest(context: context)) {
                        try $0.putCell(CellID("cell-1")!, ["zone": "a"])
                    }
                }
                for principal in caller { try await put(by: principal) }
                for name in ["gone", "again"] { try await plane.change(How()) { try $0.deleteToken(name) } }
                // Another token of the same name and role does not stand in for it.
                _ = try await Self.create(TokenRequest(name: "again", role: .operator), in: plane)
                temporary.time.advance(.seconds(61))
                let last = plane.last
                for principal in caller {
                    await refused(.unauthenticated) { try await put(by: principal) }
                    let line = ImportLine(number: 1, document: .success(["id": "cell-2", "zone": "a"]))
                    await refused(.unauthenticated) {
                        _ = try await plane.importBatch(
                            [line], of: .cells, into: ImportReport(),
                            as: ChangeContext(principal: principal, operation: "importCells"))
                    }
                }
                #expect(plane.last == last)
            }
        }
    }

    @Test("a name is taken once at a time, and its plan holds although each secret is new")
    func names() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let request = TokenRequest(name: "ci", role: .viewer, expiresIn: .seconds(60))
            let plan = try await Self.create(request, in: plane, How(dryRun: true))["plan"]?.string
            _ = try await Self.create(request, in: plane, How(plan: plan))
            await refused(.alreadyExists) { _ = try await Self.create(request, in: plane) }
            try await plane.change(How()) { try $0.deleteToken("ci") }
            _ = try await Self.create(request, in: plane)
        }
    }

    @Test("a request for a token names every field that is wrong")
    func requests() throws {
        let taken = try TokenRequest(document: ["name": "ci", "role": "gateway", "expiresIn": "720h"])
        #expect(taken == TokenRequest(name: "ci", role: .gateway, expiresIn: .seconds(2_592_000)))
        #expect(
            try TokenRequest(document: ["name": "c", "role": "cell", "cell": "cell-1"]).cell?.rawValue
                == "cell-1")
        let wrong: [(JSONValue, [String])] = [
            ([:], ["name", "role"]), (["name": "a b", "role": "root"], ["name", "role"]),
            (["name": "c", "role": "cell"], ["cell"]),
            (["name": "c", "role": "viewer", "cell": "cell-1"], ["cell"]),
            (["name": "c", "role": "viewer", "expiresIn": "59s"], ["expiresIn"]),
            (["name": "c", "role": "viewer", "expiresIn": "1d", "secret": "x"], ["expiresIn", "secret"]),
        ]
        for (document, fields) in wrong {
            let error = #expect(throws: RegistryError.self) { try TokenRequest(document: document) }
            #expect(error?.errors.map(\.field) == fields)
        }
        // Names that the audit uses for itself, and names that no path can carry.
        for name in ["anonymous", "system", ".", "..", ""] {
            #expect(throws: RegistryError.self) {
                try TokenRequest(document: ["name": .string(name), "role": "viewer"])
            }
        }
    }
}
