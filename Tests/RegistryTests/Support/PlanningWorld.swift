import Registry
import TestRandom

/// Cells and tenants for tests of plans, by number.
enum PlanningWorld {
    typealias Candidate = PlacementPolicy.Candidate

    static func cellID(_ number: Int) -> CellID { CellID("cell-\(number)")! }
    static func tenantID(_ number: Int) -> TenantID { TenantID("t-\(number)")! }

    static func cell(
        _ number: Int, zone: String = "a", state: CellState = .active, schedulable: Bool = true,
        capacity: Int64 = 100, load: Int64 = 0, labels: [String: String] = [:], tenants: Int64 = 0,
        dedicatedTo: TenantID? = nil
    ) -> Candidate {
        Candidate(
            id: cellID(number), zone: zone, state: state, schedulable: schedulable, capacity: capacity,
            load: load, labels: labels, tenants: tenants, dedicatedTo: dedicatedTo)
    }

    static func tenant(
        _ number: Int, on cell: Int, load: Int64 = 1,
        _ constraints: PlacementConstraints = PlacementConstraints(), pinned: Bool = false,
        peers: [TenantID: CellID] = [:]
    ) -> MovingTenant {
        MovingTenant(
            tenant: tenantID(number), load: load, source: cellID(cell), constraints: constraints,
            pinned: pinned, peers: peers)
    }

    /// Cells that carry exactly these tenants, and some load that does not move.
    static func cells(_ cells: [Candidate], carrying tenants: [MovingTenant]) -> [Candidate] {
        var result = cells
        for tenant in tenants {
            guard let index = result.firstIndex(where: { $0.id == tenant.source }) else { continue }
            result[index].load += tenant.load
            result[index].tenants += 1
            if tenant.constraints.dedicated { result[index].dedicatedTo = tenant.tenant }
        }
        return result
    }

    /// A random world in which every cell holds what is on it, tenants want things, and some avoid each other.
    static func random(
        cells count: Int, tenants: Int, using random: inout SeededRandom
    ) -> (cells: [Candidate], tenants: [MovingTenant]) {
        var cells = (0..<count).map { number in
            cell(
                number, zone: ["a", "b", "c"][number % 3],
                state: random.isOne(in: 8)
                    ? [.draining, .provisioning].randomElement(using: &random)! : .active,
                schedulable: !random.isOne(in: 8),
                capacity: [50, 100, 100, 200].randomElement(using: &random)!,
                labels: random.isOne(in: 3) ? ["tier": "gold"] : [:])
        }
        var placed: [MovingTenant] = []
        for number in 0..<tenants {
            let load = Int64.random(in: 0...20, using: &random)
            // Skewed, so that there is something to even out.
            let on = min(Int.random(in: 0..<count, using: &random), Int.random(in: 0..<count, using: &random))
            guard cells[on].load + load <= cells[on].capacity, cells[on].dedicatedTo == nil else { continue }
            let isDedicated = cells[on].tenants == 0 && random.isOne(in: 6)
            var asks = PlacementConstraints(dedicated: isDedicated)
            if random.isOne(in: 6) { asks.zones = [cells[on].zone, "b"] }
            if cells[on].labels["tier"] == "gold", random.isOne(in: 4) { asks.matchLabels = ["tier": "gold"] }
            if random.isOne(in: 8) { asks.avoidCells = [cellID((on + 1) % count)] }
            let peer = placed.randomElement(using: &random)
            let avoids = random.isOne(in: 5) && peer?.source != cells[on].id ? peer : nil
            asks.avoidTenants = avoids.map { [$0.tenant] } ?? []
            let tenant = tenant(
                number, on: on, load: load, asks, pinned: random.isOne(in: 10),
                peers: avoids.map { [$0.tenant: $0.source] } ?? [:])
            if let avoids, let position = placed.firstIndex(where: { $0.tenant == avoids.tenant }) {
                placed[position].peers[tenant.tenant] = cells[on].id
            }
            placed.append(tenant)
            cells[on].load += load
            cells[on].tenants += 1
            if isDedicated { cells[on].dedicatedTo = tenant.tenant }
        }
        return (cells, placed)
    }

    /// Where everybody is after the moves.
    static func places(of tenants: [MovingTenant], after moves: [PlannedMove]) -> [TenantID: CellID] {
        var places = Dictionary(uniqueKeysWithValues: tenants.map { ($0.tenant, $0.source) })
        for move in moves { places[move.tenant] = move.target }
        return places
    }

    /// What is wrong with a plan: each wish of each moved tenant is held against where everybody is before and after,
    /// for moves run side by side in any order.
    static func faults(
        of moves: [PlannedMove], cells: [Candidate], tenants: [MovingTenant]
    ) -> [String] {
        var faults: [String] = []
        let byID = Dictionary(uniqueKeysWithValues: cells.map { ($0.id, $0) })
        let byTenant = Dictionary(uniqueKeysWithValues: tenants.map { ($0.tenant, $0) })
        let after = places(of: tenants, after: moves)
        if Set(moves.map(\.tenant)).count != moves.count { faults.append("a tenant moves twice") }
        for (target, arriving) in Dictionary(grouping: moves, by: \.target) {
            guard let cell = byID[target] else { return ["a target is no cell"] }
            if cell.load + arriving.reduce(0, { $0 + $1.load }) > cell.capacity {
                faults.append("\(target) is over its capacity while the moves run")
            }
            if cell.state != .active || !cell.schedulable { faults.append("\(target) takes no tenants") }
        }
        for move in moves {
            guard let tenant = byTenant[move.tenant], let cell = byID[move.target] else {
                return ["a move of nobody"]
            }
            let asks = tenant.constraints
            if tenant.source != move.source || tenant.load != move.load || move.source == move.target {
                faults.append("\(move) is not \(tenant.tenant)'s")
            }
            if !asks.zones.isEmpty, !asks.zones.contains(cell.zone) { faults.append("\(move): zone") }
            if asks.matchLabels.contains(where: { cell.labels[$0.key] != $0.value }) {
                faults.append("\(move): label")
            }
            if asks.avoidCells.contains(cell.id) { faults.append("\(move): avoided cell") }
            for peer in tenant.peers.keys {
                // Beside each other at no time: neither where the peer is nor where it goes.
                if byTenant[peer]?.source == move.target || after[peer] == move.target {
                    faults.append("\(move): beside \(peer)")
                }
            }
            let others = tenants.filter {
                $0.tenant != move.tenant && ($0.source == move.target || after[$0.tenant] == move.target)
            }
            if asks.dedicated, !others.isEmpty { faults.append("\(move): not alone") }
            if others.contains(where: \.constraints.dedicated) { faults.append("\(move): dedicated cell") }
        }
        return faults
    }
}
