import ControlPlane
import HTTP
import JSON
import Registry

extension Endpoints {
    /// Where would it go, and what does each cell say? For a tenant that is not there.
    func simulatePlacement(_ call: Call, _ request: Request) async throws -> Response {
        let reader = try DocumentReader(try document(request, call))
        let tenant = reader.parsed("tenant", "must be a tenant's name", TenantID.init)
        let load = reader.integer("load", in: 0...Limits.unitsMax) ?? 1
        let placement = reader.nested("placement", PlacementConstraints.init(from:)) ?? PlacementConstraints()
        try reader.finish()
        guard let id = tenant ?? TenantID("simulated") else { preconditionFailure("a valid name") }
        let verdicts = try controlPlane.verdicts(on: id, load: load, placement)
        return json([
            "cell": verdicts.first { $0.chosen }.map { .string($0.cell.rawValue) } ?? .null,
            "verdicts": .array(verdicts.map(\.shown)),
        ])
    }

    /// The same for a tenant that is there: its own cell is among the verdicts.
    func explainTenant(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        guard let (tenant, verdicts) = try controlPlane.verdicts(on: id) else { throw noTenant(id) }
        return json([
            "tenant": .string(id.rawValue), "cell": .string(tenant.cell.rawValue),
            "question": ["load": .integer(tenant.load), "placement": tenant.placement.document],
            "verdicts": .array(verdicts.map(\.shown)),
        ])
    }
}
