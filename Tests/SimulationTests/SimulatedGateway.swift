import Registry

/// A gateway that keeps the contract of docs/gateway-protocol.md, at its worst: whatever it may forward it does forward,
/// and each write takes as long as it may.
struct SimulatedGateway {
    enum Mode { case running, paused, dead, left }

    /// A write that was forwarded by a table that is not in use any more.
    struct Write {
        var tenant: Int
        var cell: Int
        var epoch: Int64
        var until: Int64
    }

    /// Broken rules of the contract, each of which the simulation must notice.
    enum Fault: CaseIterable {
        case forwardsPastItsLease
        case countsItsLeaseFromTheAnswer
        case acknowledgesBeforeItIsDurable
        case acknowledgesWithWritesUnderWay
        case acknowledgesAtOnceAfterACrash
        case reportsRenewItsLease
    }

    let number: Int
    var mode = Mode.running
    var table: SimulatedTable?
    var disk: SimulatedTable?
    /// By its own count, from when it sent.
    var leaseEnd = Int64.min
    /// Before that older writes are under way, and nothing is acknowledged.
    var settledAt = Int64.min
    var writes: [Write] = []
    /// Of the poll that it waits for; answers to others are dropped.
    var poll = 0
    /// Cut off from the control plane.
    var isCut = false
    var isAnonymous = false
    var lastContact: Int64 = 0

    init(_ number: Int) { self.number = number }

    /// Whether a request that comes now is forwarded by this route.
    func forwards(_ route: SimulatedRoute, at now: Int64, _ fault: Fault?) -> Bool {
        switch route.state {
        case .serving: true
        case .migrating: now < leaseEnd || fault == .forwardsPastItsLease
        case .frozen, .suspended: false
        }
    }

    /// Puts a table in place; what it forwarded by the one before, and would not now, ends when it ends.
    mutating func install(
        _ new: SimulatedTable, sentAt: Int64, at now: Int64, flight: Int64, _ fault: Fault?
    ) {
        if let table {
            for (tenant, old) in table.routes.enumerated() where old != new.routes[tenant] {
                // By the same route another way: it goes on as it did.
                if old.cell == new.routes[tenant].cell, old.epoch == new.routes[tenant].epoch,
                    forwards(new.routes[tenant], at: now, fault)
                {
                    continue
                }
                leave(tenant, old, at: now, flight: flight, fault)
            }
        }
        if fault != .acknowledgesWithWritesUnderWay {
            for write in writes { settledAt = max(settledAt, write.until) }
        }
        table = new
        renew(sentAt: sentAt, at: now, fault)
    }

    mutating func renew(sentAt: Int64, at now: Int64, _ fault: Fault?) {
        let start = fault == .countsItsLeaseFromTheAnswer ? now : sentAt
        leaseEnd = max(leaseEnd, start + Limits.leaseDuration.milliseconds)
    }

    /// From now on it forwards no more by this route.
    private mutating func leave(
        _ tenant: Int, _ route: SimulatedRoute, at now: Int64, flight: Int64, _ fault: Fault?
    ) {
        let last: Int64 =
            switch route.state {
            case .serving: now
            case .migrating: fault == .forwardsPastItsLease ? now : min(now, leaseEnd)
            case .frozen, .suspended: Int64.min
            }
        guard last > Int64.min, last + flight > now else { return }
        writes.append(Write(tenant: tenant, cell: route.cell, epoch: route.epoch, until: last + flight))
    }

    /// kill -9: what it forwarded goes on without it.
    mutating func kill(at now: Int64, flight: Int64, _ fault: Fault?) {
        writes.removeAll { $0.until <= now }
        if let table {
            for (tenant, route) in table.routes.enumerated() {
                leave(tenant, route, at: now, flight: flight, fault)
            }
        }
        mode = .dead
        table = nil
    }

    mutating func restart(at now: Int64, _ fault: Fault?) {
        mode = .running
        table = disk
        leaseEnd = Int64.min
        // It does not know what it had forwarded.
        settledAt = fault == .acknowledgesAtOnceAfterACrash ? now : now + Limits.flightTime.milliseconds
        poll += 1
    }

    /// Each cell and epoch at which a write of the tenant may be under way from here.
    func forEachWrite(
        of tenant: Int, at now: Int64, _ fault: Fault?, _ body: (_ cell: Int, _ epoch: Int64) -> Void
    ) {
        for write in writes where write.tenant == tenant && write.until > now {
            body(write.cell, write.epoch)
        }
        guard let route = table?.routes[tenant], mode == .running || mode == .paused else { return }
        let flies =
            route.state == .migrating && leaseEnd > Int64.min
            && now < leaseEnd + Limits.flightTime.milliseconds
        if flies || forwards(route, at: now, fault) { body(route.cell, route.epoch) }
    }
}
