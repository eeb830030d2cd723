import ControlPlane
import HTTP
import JSON
import Registry
import Store

extension Endpoints {
    /// Where would it go, and what does each cell say? For a tenant that is not there.
    func simulatePlacement(_ call: Call, _ request: Request) async throws -> Response {
        let reader = try DocumentReader(try document(request, call))
        let tenant = reader.parsed("tenant", "must be a tenant's name", TenantID.init)
        let load = reader.integer("load", in: 0...Limits.unitsMax) ?? 1
        let placement = reader.nested("placement", PlacementConstraints.init(from:)) ?? PlacementConstraints()
        try reader.finish()
        return try controlPlane.store.read { transaction in
            let candidates = try transaction.candidates()
            guard let id = tenant ?? TenantID("simulated") else { preconditionFailure("a valid name") }
            let question = try transaction.question(about: id, load: load, placement)
            let verdicts = Verdict.all(for: question, among: candidates)
            return json([
                "cell": verdicts.first { $0.chosen }.map { .string($0.cell.rawValue) } ?? .null,
                "verdicts": .array(verdicts.map(\.shown)),
            ])
        }
    }

    /// The same for a tenant that is there: its own cell is among the verdicts.
    func explainTenant(_ call: Call, _ request: Request) async throws -> Response {
        let id = try call.tenantID()
        return try controlPlane.store.read { transaction in
            guard let tenant = try transaction.tenant(id)?.tenant else { throw noTenant(id) }
            let question = try transaction.question(
                about: id, load: tenant.load, tenant.placement, current: tenant.cell)
            let verdicts = Verdict.all(for: question, among: try transaction.candidates())
            return json([
                "tenant": .string(id.rawValue), "cell": .string(tenant.cell.rawValue),
                "question": ["load": .integer(tenant.load), "placement": tenant.placement.document],
                "verdicts": .array(verdicts.map(\.shown)),
            ])
        }
    }
}
