import Registry

/// A cell: one that takes every write, or one that follows its ownership feed and seals what leaves it.
struct SimulatedCell {
    enum Fault: CaseIterable {
        case acknowledgesBeforeItIsDurable
        case acknowledgesWithWritesUnderWay
        case acknowledgesAndEnforcesNothing
    }

    let number: Int
    var isFenced: Bool
    var isDead = false
    var isCut = false
    var table: SimulatedTable?
    var disk: SimulatedTable?
    /// Tenants whose writes were let in before and are refused now, and until when they may still commit.
    var letIn: [(tenant: Int, epoch: Int64, until: Int64)] = []
    var settledAt = Int64.min
    var poll = 0

    init(_ number: Int, isFenced: Bool) {
        self.number = number
        self.isFenced = isFenced
    }

    func takes(_ tenant: Int, epoch: Int64, _ fault: Fault?) -> Bool {
        guard isFenced, fault != .acknowledgesAndEnforcesNothing else { return true }
        guard let route = table?.routes[tenant], route.cell == number, epoch >= route.epoch else {
            return false
        }
        return route.state == .serving || route.state == .migrating
    }

    /// Whether a write that is under way from a gateway may commit here.
    func commits(_ tenant: Int, epoch: Int64, at now: Int64, _ fault: Fault?) -> Bool {
        guard !isDead else { return false }
        return takes(tenant, epoch: epoch, fault)
            || letIn.contains { $0.tenant == tenant && $0.epoch == epoch && $0.until > now }
    }

    mutating func install(_ new: SimulatedTable, at now: Int64, settling: Int64, _ fault: Fault?) {
        letIn.removeAll { $0.until <= now }
        for (tenant, old) in (table?.routes ?? []).enumerated() where old != new.routes[tenant] {
            guard takes(tenant, epoch: old.epoch, fault) else { continue }
            letIn.append((tenant, old.epoch, now + settling))
            if fault != .acknowledgesWithWritesUnderWay { settledAt = max(settledAt, now + settling) }
        }
        table = new
    }

    mutating func kill() {
        isDead = true
        letIn = []
        table = nil
    }

    mutating func restart() {
        isDead = false
        table = disk
        poll += 1
    }
}
