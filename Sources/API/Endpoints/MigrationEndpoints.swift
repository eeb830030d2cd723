import ControlPlane
import HTTP
import JSON
import Registry

// What moves tenants. A migration is its operation with more to see; it is paused, resumed and cancelled as that.
extension Endpoints {
    func createMigration(_ call: Call, _ request: Request) async throws -> Response {
        let migration = try MigrationRequest(document: try document(request, call))
        return try await start(call, request, migration.options) { try $0.startMigration(migration) }
    }

    func moveTenant(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        let migration = try MigrationRequest(document: try optionalDocument(request, call), single: id)
        return try await start(call, request, migration.options) { try $0.move(id, migration) }
    }

    func getMigration(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.operationInPath()
        guard let shown = try controlPlane.migration(id, batchesAfter: 0, limit: Limits.pageItemsMax) else {
            throw Self.noOperation(id)
        }
        return resource(shown, at: Revision(rawValue: shown["revision"]?.integer ?? 0))
    }

    func listMigrationTenants(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.operationInPath()
        let state: Move.State? = try call.choice("state")
        let after = try call.cursor() ?? ""
        return try list(call) { limit in
            guard let moves = try controlPlane.moves(of: id, state: state, after: after, limit: limit) else {
                throw Self.noOperation(id)
            }
            return moves
        } shown: {
            .object($0.document)
        } key: {
            $0.tenant.rawValue
        }
    }

    func reverseMigration(_ call: Call, _ request: Request) async throws -> Response {
        let (id, options) = (try call.operationInPath(), try optionalDocument(request, call))
        if let mover = MoverSpec(from: try DocumentReader(options), "mover") { try controlPlane.check(mover) }
        return try await start(call, request, nil, reason: options["reason"]?.string) {
            try $0.reverse(id, options)
        }
    }

    func drainCell(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.cellID()
        let drain = try DrainRequest(document: try optionalDocument(request, call), cell: id)
        return try await start(call, request, drain.options) { try $0.drain(id, drain) }
    }

    func undrainCell(_ call: Call, _ request: Request) async throws -> Response {
        let (id, reason) = (try call.cellID(), try reason(request, call))
        return try await write(call, request, reason: reason) { try $0.undrain(id) }
    }

    func rebalance(_ call: Call, _ request: Request) async throws -> Response {
        let rebalance = try RebalanceRequest(document: try optionalDocument(request, call))
        return try await start(call, request, rebalance.options) { try $0.rebalance(rebalance) }
    }

    /// Begins long work: its reason stands in the body, beside the options.
    func start(
        _ call: Call, _ request: Request, _ options: MigrationOptions?, reason: String? = nil,
        _ body: @escaping @Sendable (Change) throws -> Outcome
    ) async throws -> Response {
        if let options { try controlPlane.check(options.mover) }
        let stated = request.body.isEmpty ? nil : try document(request, call)["reason"]?.string
        return try await write(call, request, reason: reason ?? stated, bulk: true, body)
    }

    /// The body of an action, which may be left out.
    func optionalDocument(_ request: Request, _ call: Call) throws -> JSONValue {
        request.body.isEmpty ? [:] : try document(request, call)
    }
}
