import API
import HTTP
import JSON
import Registry
import Testing

@Suite("Who may do what")
struct AccessTests {
    /// A request that gets past the checks of its operation's parameters.
    private static func target(_ operation: API.Operation) -> String {
        let path = operation.path
            .replacing("{cell}", with: "cell-1").replacing("{tenant}", with: "acme")
            .replacing("{gateway}", with: "edge-1").replacing("{token}", with: "nobodys")
            .replacing("{webhook}", with: "nobodys").replacing("{delivery}", with: "aaaaaaaaaaaa.1")
            .replacing("{schedule}", with: "nobodys").replacing("{backup}", with: "nobodys")
            .replacing("{restore}", with: "nobodys").replacing("{revision}", with: "1").replacing(
                "{zone}", with: "us-east-1a"
            )
            .replacing("{operation}", with: "drain-aaaaaaaaaaaa")
            .replacing("{migration}", with: "drain-aaaaaaaaaaaa")
        return operation.id == "resolveRoute" ? path + "?host=shop.acme.com" : path
    }

    private enum Caller: Hashable, CustomStringConvertible {
        case anonymous
        case badToken
        case badScheme
        case expiredToken
        case role(Role)

        static let all: [Caller] =
            [.anonymous, .badToken, .badScheme, .expiredToken] + Role.allCases.map(Caller.role)

        var description: String {
            switch self {
            case .anonymous: "anonymous"
            case .badToken: "badToken"
            case .badScheme: "badScheme"
            case .expiredToken: "expiredToken"
            case .role(let role): role.rawValue
            }
        }
    }

    /// What DESIGN.md's roles come to, written out beside `Access` and not read from it.
    private static func admitted(_ access: Access) -> Set<Role> {
        switch access {
        case .open: Set(Role.allCases)
        case .routing: [.gateway, .viewer, .releaser, .backup, .operator, .admin]
        case .leasing: [.gateway, .operator, .admin]
        case .ownership: Set(Role.allCases)
        case .sealing: [.cell, .operator, .admin]
        case .reading: [.viewer, .releaser, .backup, .operator, .admin]
        case .changing: [.operator, .admin]
        case .releasing: [.releaser, .operator, .admin]
        case .backingUp: [.backup, .operator, .admin]
        case .administering: [.admin]
        }
    }

    private func expected(_ caller: Caller, _ access: Access, anonymous: Role?) -> Int? {
        if access == .open { return nil }
        switch caller {
        case .anonymous: return anonymous.map(Self.admitted(access).contains) == true ? nil : 401
        case .badToken, .badScheme, .expiredToken: return 401
        case .role(let role): return Self.admitted(access).contains(role) ? nil : 403
        }
    }

    @Test("every operation lets in the roles that it names, and no others", arguments: [nil, Role.gateway])
    func matrix(anonymous: Role?) async throws {
        try await TestAPI.withAcme(anonymousRole: anonymous) { api in
            let expired = try await api.token(
                Principal(name: "expired", role: .admin, expiresAt: api.clock.now.advanced(byMilliseconds: 1))
            )
            api.clock.advance(by: .milliseconds(1))
            var table: [String] = []
            for operation in Routes.all {
                var row: [String] = []
                for caller in Caller.all {
                    let status = try await status(of: operation, by: caller, expired: expired, api)
                    let wanted = expected(caller, operation.access, anonymous: anonymous)
                    if let wanted {
                        #expect(status == wanted, "\(operation.id) by \(caller)")
                    } else {
                        #expect(status != 401 && status != 403, "\(operation.id) by \(caller)")
                    }
                    row.append("\(caller)=\(wanted.map(String.init) ?? "in")")
                }
                table.append("\(operation.id) \(row.joined(separator: " "))")
            }
            try Golden.check(
                table.joined(separator: "\n") + "\n", "access-\(anonymous?.rawValue ?? "none").txt")
        }
    }

    private func status(
        of operation: API.Operation, by caller: Caller, expired: String, _ api: TestAPI
    ) async throws -> Int {
        var fields: Fields = [:]
        var role: Role?
        switch caller {
        case .anonymous: break
        case .badToken: fields[.authorization] = "Bearer crp_" + String(repeating: "0", count: 43) + "_000000"
        case .badScheme: fields[.authorization] = "Basic \(api.bearer(.admin).dropFirst(7))"
        case .expiredToken: fields[.authorization] = "Bearer \(expired)"
        case .role(let given): role = given
        }
        let listener: API.Operation.Listener = operation.listeners.contains(.main) ? .main : .health
        // An empty body, and a condition that nothing meets: who is let in changes nothing.
        fields[.ifMatch] = "\"aaaaaaaaaaaa.1\""
        let answer = try await api.send(
            operation.method, Self.target(operation), as: role, fields: fields, on: listener)
        if answer.status == 401 { #expect(answer.fields[.wwwAuthenticate]?.hasPrefix("Bearer") == true) }
        return answer.status
    }

    @Test("a cell's token follows its own cell alone")
    func cellScope() async throws {
        try await TestAPI.withAcme { api in
            try await api.addCell("cell-2")
            try await api.send(.get, "/v1/cells/cell-1/tenants", as: .cell).expect(200)
            try await api.send(.get, "/v1/cells/cell-2/tenants", as: .cell).expect(403, "permissionDenied")
            try await api.send(.get, "/v1/cells/nowhere/tenants", as: .cell).expect(403, "permissionDenied")
            try await api.send(.get, "/v1/cells/cell-2/tenants", as: .gateway).expect(200)
        }
    }

    @Test("who only reads keeps no lease by polling")
    func pollingReaders() async throws {
        try await TestAPI.withAcme { api in
            try await api.send(.get, "/v1/routing-table", as: .viewer).expect(200)
            try await api.send(.get, "/v1/routing-table?gateway=edge-1", as: .viewer).expect(
                403, "permissionDenied")
            try await api.send(.get, "/v1/gateways/edge-1").expect(404)
            try await api.send(.get, "/v1/routing-table?gateway=edge-1", as: .operator).expect(200)
        }
    }

    @Test("a token is good until the instant of its expiry")
    func expiry() async throws {
        try await TestAPI.with { api in
            let token = try await api.token(
                Principal(
                    name: "brief", role: .viewer, expiresAt: api.clock.now.advanced(byMilliseconds: 1000)))
            let fields: Fields = [.authorization: "bearer \(token)"]
            api.clock.advance(by: .milliseconds(999))
            try await api.send(.get, "/v1/registry", as: nil, fields: fields).expect(200)
            api.clock.advance(by: .milliseconds(1))
            try await api.send(.get, "/v1/registry", as: nil, fields: fields).expect(401, "unauthenticated")
        }
    }

    @Test("a wrong token is refused where nobody would need one, but for what is open to all")
    func badTokenIsNotAnonymous() async throws {
        try await TestAPI.withAcme(anonymousRole: .gateway) { api in
            let fields: Fields = [.authorization: "Bearer nonsense"]
            try await api.send(.get, "/v1/routes/acme", as: nil).expect(200)
            try await api.send(.get, "/v1/routes/acme", as: nil, fields: fields).expect(
                401, "unauthenticated")
            try await api.send(.get, "/health/live", as: nil, fields: fields).expect(200)
        }
    }
}
