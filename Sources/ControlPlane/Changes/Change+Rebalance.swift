import JSON
import Registry
import Store

extension Change {
    /// Begins the fewest moves that bring the cells within a band of their mean; none where that is not worth it.
    public func rebalance(_ request: RebalanceRequest) throws -> Outcome {
        let cells = try transaction.ledger().cells
        try checkNames(in: request.balance, cells)
        var tenants: [TenantID: Tenant] = [:]
        for cell in cells where cell.state == .active && cell.tenants > 0 {
            for tenant in try transaction.tenantsAtRest(on: cell.id) { tenants[tenant.id] = tenant }
        }
        let plan = RebalancePlanner(
            cells: cells.map(\.withArrivals), tenants: try tenants.values.map { try transaction.moving($0) },
            options: request.balance
        ).plan()
        let moves = plan.plan.moves
        var start = MigrationStart(
            kind: .rebalance, resource: "/v1/rebalance", options: request.options,
            asked: request.asked, tenants: moves.compactMap { tenants[$0.tenant] })
        for move in moves { start.targets[move.tenant] = move.target }
        var outcome = try self.start(start)
        for (name, value) in plan.shown() where outcome.plan?[name] == nil { outcome.plan?[name] = value }
        return outcome
    }

    /// A name that nothing has is an error: misspelt, an exclusion would protect nobody.
    private func checkNames(in balance: RebalanceOptions, _ cells: [PlacementPolicy.Candidate]) throws {
        let zones = balance.zones.subtracting(cells.map(\.zone)).sorted().map { "zone '\($0)'" }
        let strangers = balance.excludedCells.subtracting(cells.map(\.id)).map { "cell '\($0)'" }.sorted()
        let tenants = try balance.excludedTenants.filter { try transaction.tenant($0) == nil }
            .map { "tenant '\($0)'" }.sorted()
        let unknown = zones + strangers + tenants
        guard unknown.isEmpty else {
            throw RegistryError(
                .notFound, "There is no \(unknown.prefix(5).joined(separator: ", no ")).",
                nextSteps: ["GET /v1/zones, /v1/cells and /v1/tenants list the names"])
        }
    }
}
