import Registry
import Store

extension ControlPlane {
    public func tenant(_ id: TenantID) throws(RegistryError) -> TenantRecord? {
        try store.read { try $0.tenant(id) }
    }

    public func tenants(_ filter: TenantFilter, _ page: Page) throws(RegistryError) -> [TenantRecord] {
        try store.read { try $0.tenants(filter, page: page) }
    }

    /// What every cell says to a tenant that is not there.
    public func verdicts(
        on tenant: TenantID, load: Int64, _ constraints: PlacementConstraints
    ) throws(RegistryError) -> [Verdict] {
        try store.read { transaction in
            let question = try transaction.question(about: tenant, load: load, constraints)
            return Verdict.all(for: question, among: try transaction.candidates())
        }
    }

    /// What every cell, its own among them, says to a tenant that is there; nil where there is none.
    public func verdicts(on id: TenantID) throws(RegistryError) -> (tenant: Tenant, verdicts: [Verdict])? {
        try store.read { transaction in
            guard let tenant = try transaction.tenant(id)?.tenant else { return nil }
            let question = try transaction.question(
                about: id, load: tenant.load, tenant.placement, current: tenant.cell)
            return (tenant, Verdict.all(for: question, among: try transaction.candidates()))
        }
    }
}
