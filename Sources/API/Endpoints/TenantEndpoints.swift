import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    func listTenants(_ call: Call, _ request: Request) async throws -> Response {
        let filter = try tenantFilter(call)
        let after = try call.cursor()
        return try list(call) {
            try controlPlane.tenants(filter, Page(after: after, limit: $0))
        } shown: {
            .object($0.shown)
        } key: {
            $0.tenant.id.rawValue
        }
    }

    func getTenant(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        guard let record = try controlPlane.tenant(id) else { throw noTenant(id) }
        return resource(record.shown, at: record.revision)
    }

    func putTenant(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        let spec = try TenantSpec(document: try document(request, call), id: id)
        return try await write(call, request, location: Self.path(of: id)) { try $0.putTenant(spec) }
    }

    func patchTenant(_ call: Call, _ request: Request) async throws -> Response {
        let (id, patch) = (try call.tenantID(), try document(request, call, also: .mergePatch))
        return try await write(call, request) { try $0.patchTenant(id, patch) }
    }

    func deleteTenant(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        return try await write(call, request, isTagged: false) { try $0.deleteTenant(id) }
    }

    func suspendTenant(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .suspend)
    }

    func resumeTenant(_ call: Call, _ request: Request) async throws -> Response {
        try await move(call, request, by: .resume)
    }

    private func move(_ call: Call, _ request: Request, by event: TenantEvent) async throws -> Response {
        let (id, reason) = (try call.tenantID(), try reason(request, call))
        return try await write(call, request, reason: reason) { try $0.move(tenant: id, by: event) }
    }

    func getTenantHistory(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        let before = try call.integer("cursor", in: 1...Call.revisionMax).map(Revision.init(rawValue:))
        return try list(call) { limit in
            let events = try controlPlane.history(
                of: .tenant, id.rawValue, before: before ?? Revision(rawValue: .max), limit: limit)
            // What was deleted has a history too; what never was has none.
            if events.isEmpty, before == nil { throw noTenant(id) }
            return events
        } shown: { entry in
            guard var shown = try entry.event.shown.object else {
                preconditionFailure("an event is an object")
            }
            shown["before"] = try entry.before.map { try JSONValue(parsing: Array($0.utf8)) } ?? .null
            return .object(shown)
        } key: {
            $0.event.revision.description
        }
    }

    func exportTenants(_ call: Call, _ request: Request) async throws -> Response {
        let filter = try tenantFilter(call)
        return Response(
            .ok, fields: [.contentType: MediaType.ndjson.essence],
            body: .stream { writer in
                // Page by page, so that a slow reader holds no snapshot; each tenant is whole, and none comes twice.
                var after: String?
                repeat {
                    let page = Page(after: after, limit: Limits.pageItemsMax)
                    let records = try controlPlane.tenants(filter, page)
                    var chunk: [UInt8] = []
                    for record in records {
                        chunk += record.tenant.document.encoded()
                        chunk.append(UInt8(ascii: "\n"))
                    }
                    if !chunk.isEmpty { try await writer.write(chunk) }
                    after = records.count == page.limit ? records.last?.tenant.id.rawValue : nil
                } while after != nil
            })
    }

    private func tenantFilter(_ call: Call) throws(RegistryError) -> TenantFilter {
        var cell: CellID?
        if let text = call.query["cell"] {
            guard let id = CellID(text) else { throw call.invalid("cell", "'cell' must be a cell's name.") }
            cell = id
        }
        return TenantFilter(
            cell: cell, state: try call.choice("state"), pinned: try call.flag("pinned"),
            labels: try call.labels())
    }

    func noTenant(_ id: TenantID) -> RegistryError { .missing("tenant", id) }

    static func path(of id: TenantID) -> String {
        "/v1/tenants/\(PercentEncoding.encode(pathSegment: id.rawValue))"
    }
}
