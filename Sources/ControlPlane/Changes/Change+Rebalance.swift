import JSON
import Registry
import Store

/// What a request for a rebalance says.
public struct RebalanceRequest: Sendable, Equatable {
    public var settings: RebalanceSettings
    public var options: MigrationOptions

    public init(document: JSONValue) throws(RegistryError) {
        let reader = try DocumentReader(document)
        _ = reader.string("reason", bytesMax: Limits.reasonBytesMax)
        options = MigrationOptions(from: reader)
        settings = RebalanceSettings(from: reader)
        try reader.finish()
    }
}

extension Change {
    /// Begins the fewest moves that bring the cells within a band of their mean; none where that is not worth it.
    public func rebalance(_ request: RebalanceRequest) throws -> Outcome {
        var tenants: [TenantID: Tenant] = [:]
        var planner = RebalancePlanner(cells: try transaction.ledger().cells, settings: request.settings)
        for cell in try transaction.ledger().cells where cell.state == .active && cell.tenants > 0 {
            for tenant in try transaction.tenantsAtRest(on: cell.id) {
                tenants[tenant.id] = tenant
                planner.add(
                    MovingTenant(
                        tenant: tenant.id, load: tenant.load, source: tenant.cell, constraints: tenant.placement,
                        pinned: tenant.pinned, peers: try transaction.peers(of: tenant)))
            }
        }
        let moves = planner.plan()
        var start = MigrationStart(
            kind: .rebalance, resource: "/v1/rebalance", options: request.options,
            tenants: moves.compactMap { tenants[$0.tenant] })
        for move in moves { start.targets[move.tenant] = move.target }
        return try self.start(start)
    }
}
