import Registry
import SQLite
import TestRandom
import Testing

@testable import Store

@Suite("Tenants in the store")
struct TenantStoreTests {
    @Test("a tenant is saved, replaced and deleted, with its hosts and whom it avoids")
    func life() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.addCells(2)
                let full = Tenant.named(
                    "größe 😀", hosts: ["b.com", "a.com"], load: 7, pinned: true, state: .suspended,
                    placement: PlacementConstraints(
                        zones: ["a"], avoidTenants: [TenantID("x")!, TenantID("y")!]),
                    labels: ["tier": "größe"])
                let made = try await store.add(full)[0]
                #expect(made.tenant == full)
                #expect(try store.read { try $0.tenant(full.id) } == made)
                #expect(try store.read { try $0.holder(ofHost: "a.com") } == full.id)

                temporary.clock.advance(byMilliseconds: 5)
                let changed = try await store.write { transaction in
                    var tenant = full
                    tenant.hosts = ["c.com", "a.com"]
                    tenant.load = 3
                    tenant.placement.avoidTenants = [TenantID("z")!]
                    return try transaction.save(tenant, replacing: made)
                }
                #expect(try store.read { try $0.tenant(full.id) } == changed)
                #expect(changed.createdAt == made.createdAt)
                #expect(changed.updatedAt == temporary.clock.now)
                #expect(try store.read { try $0.holder(ofHost: "b.com") } == nil)
                #expect(try store.read { try $0.holder(ofHost: "c.com") } == full.id)
                #expect(try store.read { try $0.tenants(everHaving: "b.com") } == [full.id])
                try await Invariants.check(store, "after the change")

                try await store.write { try $0.delete(changed) }
                #expect(try store.read { try $0.tenant(full.id) } == nil)
                #expect(try store.read { (try $0.tenantCount(), try $0.hostCount()) } == (0, 0))
                for host in ["a.com", "b.com", "c.com"] {
                    #expect(try store.read { try $0.tenants(everHaving: host) } == [full.id])
                }
                try await Invariants.check(store, "after the deletion")
            }
        }
    }

    @Test("a tenant that was deleted is remembered with its last epoch, and its history goes on")
    func remade() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            let id = TenantID("acme")!
            #expect(try store.read { try $0.tenant(id) } == nil)
            let found = try await store.write { transaction in
                #expect(try transaction.lastEpoch(of: id) == nil)
                var tenant = Tenant.named("acme")
                tenant.epoch = Epoch(rawValue: 7)
                try transaction.delete(try transaction.save(tenant, replacing: nil))
                let last = try transaction.lastEpoch(of: id)
                tenant.epoch = Epoch(rawValue: 8)
                _ = try transaction.save(tenant, replacing: nil)
                return (last, transaction.events.map(\.previous.rawValue))
            }
            #expect(found.0 == Epoch(rawValue: 7))
            #expect(found.1 == [0, 2, 3])
        }
    }

    @Test("anti-affinity is found from both sides")
    func avoided() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(3)
            let (a, b, c) = (TenantID("a")!, TenantID("b")!, TenantID("c")!)
            try await store.add(
                .named("a", on: 1, placement: PlacementConstraints(avoidTenants: [a, b])), .named("c", on: 2),
                .named("d", on: 3))
            try store.read { transaction in
                // b would stand beside a, which avoids it, or beside c, which it avoids itself.
                let found = try transaction.cellsAvoided(by: b, avoiding: [c, b, TenantID("nobody")!])
                #expect(found == [CellID("cell-1")!: a, CellID("cell-2")!: c])
                // A tenant that avoids itself is not kept from its own cell.
                #expect(try transaction.cellsAvoided(by: a, avoiding: [a]) == [:])
                #expect(try transaction.cellsAvoided(by: c, avoiding: []) == [:])
            }
        }
    }

    @Test("two tenants whose names differ in bytes alone are two tenants")
    func byBytes() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(2)
            try await store.add(
                .named("\u{E9}", on: 1, placement: PlacementConstraints(dedicated: true)),
                .named("e\u{301}", on: 2))
            #expect(try store.read { try $0.tenantCount() } == 2)
            let objections = try await store.write { transaction in
                let question = PlacementPolicy.Question(
                    tenant: TenantID("e\u{301}")!, load: 1, constraints: PlacementConstraints())
                return PlacementPolicy.objections(to: try transaction.ledger().cells[0], for: question)
            }
            #expect(objections == [.dedicated(to: TenantID("\u{E9}")!)])
        }
    }

    @Test("the last hand on a host keeps the other away, and nothing of the other is left")
    func hostTaken() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.addCells(1)
                try await store.add(.named("a", hosts: ["a.com"]))
                let error = await #expect(throws: RegistryError.self) {
                    try await store.add(.named("b", hosts: ["b.com", "a.com"]))
                }
                #expect(error?.code == .internalError)
                #expect(temporary.reports.elements.count == 1)
                #expect(try store.read { try $0.hostCount() } == 1)
                #expect(try store.read { try $0.revision() } == Revision(rawValue: 2))
                try await Invariants.check(store, "after the refusal")
            }
        }
    }

    @Test("gateways hear of cell, epoch, state and hosts, and of nothing else")
    func routing() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(2)
            try await store.write { transaction in
                var record = try transaction.save(.named("a"), replacing: nil)
                for change: @Sendable (inout Tenant) -> Void in [
                    { $0.load = 5 }, { $0.pinned = true }, { $0.labels = ["a": "b"] },
                    { $0.placement.zones = ["a"] },
                    { $0.hosts = ["a.com"] }, { $0.state = .suspended }, { $0.epoch = $0.epoch.next },
                    {
                        $0.cell = CellID("cell-2")!
                        $0.epoch = $0.epoch.next
                    },
                ] {
                    var tenant = record.tenant
                    change(&tenant)
                    record = try transaction.save(tenant, replacing: record)
                }
                try transaction.delete(record)
            }
            let routing = try store.read {
                try $0.events(after: Revision(rawValue: 2), limit: 100).map(\.routing)
            }
            #expect(routing == [true, false, false, false, false, true, true, true, true, true])
        }
    }

    @Test("the fence holds where the code above is wrong")
    func fence() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.addCells(2)
                let made = try await store.add(.named("a"))[0]
                let error = await #expect(throws: RegistryError.self) {
                    try await store.write { transaction in
                        var tenant = made.tenant
                        tenant.cell = CellID("cell-2")!
                        _ = try transaction.save(tenant, replacing: made)
                    }
                }
                #expect(error?.code == .internalError)
                #expect(try store.read { try $0.tenant(made.tenant.id) } == made)
                try await Invariants.check(store, "after the refusal")
            }
        }
    }

    @Test(
        "pages of every size show each tenant once, in order, as the filter says",
        arguments: SeededRandom.seeds)
    func pages(_ seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let all = (0..<80).map { number in
            let prefix = ["t", "ü", "e\u{301}", "😀", "Z"].randomElement(using: &random)!
            return Tenant.named(
                "\(prefix)\(number)", on: Int.random(in: 1...3, using: &random), pinned: random.isOne(in: 3),
                state: random.isOne(in: 3) ? .suspended : .serving,
                labels: random.isOne(in: 3) ? ["tier": "gold", "x": "y"] : [:])
        }
        let cell = CellID("cell-2")!
        let filters = [
            TenantFilter(), TenantFilter(cell: cell), TenantFilter(state: .suspended),
            TenantFilter(pinned: true),
            TenantFilter(labels: ["x": "y"]),
            TenantFilter(cell: cell, state: .serving, pinned: false, labels: ["tier": "gold"]),
            TenantFilter(cell: CellID("cell-9")!),
        ]
        try await TemporaryStore.withStore { store in
            try await store.addCells(3)
            try await store.write { transaction in
                for tenant in all { _ = try transaction.save(tenant, replacing: nil) }
            }
            for filter in filters {
                let expected = all.filter { tenant in
                    (filter.cell ?? tenant.cell) == tenant.cell
                        && (filter.state ?? tenant.state) == tenant.state
                        && (filter.pinned ?? tenant.pinned) == tenant.pinned
                        && filter.labels.allSatisfy { tenant.labels[$0.key] == $0.value }
                }.sorted { $0.id < $1.id }
                for limit in [1, 2, 7, 80, 1000] {
                    #expect(try Self.walk(store, filter, limit: limit) == expected, "seed \(seed)")
                }
                guard filter.pinned == nil, filter.labels.isEmpty else { continue }
                var exported: [Tenant] = []
                try store.read { try $0.forEachTenant(filter) { exported.append($0.tenant) } }
                #expect(exported == expected, "seed \(seed)")
            }
        }
    }

    @Test("a walk over pages misses nothing that stays, and shows nothing twice, while others are written")
    func pagesUnderWrites() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            let staying = (0..<200).map { Tenant.named("stays-\($0)") }
            try await store.write { transaction in
                for tenant in staying { _ = try transaction.save(tenant, replacing: nil) }
            }
            try await withThrowingTaskGroup { group in
                group.addTask {
                    for number in 0..<60 {
                        let record = try await store.add(
                            .named("\(number % 2 == 0 ? "a" : "t")-comes-\(number)"))[0]
                        if number % 3 > 0 { try await store.write { try $0.delete(record) } }
                    }
                }
                for limit in [1, 7, 50] {
                    let found = try Self.walk(store, TenantFilter(), limit: limit).map(\.id)
                    #expect(found == found.sorted())
                    #expect(Set(found).count == found.count)
                    #expect(found.filter { $0.rawValue.hasPrefix("stays-") } == staying.map(\.id).sorted())
                }
                try await group.waitForAll()
            }
        }
    }

    private static func walk(_ store: Store, _ filter: TenantFilter, limit: Int) throws -> [Tenant] {
        var found: [Tenant] = []
        var page = Page(limit: limit)
        while case let next = try store.read({ try $0.tenants(filter, page: page) }), !next.isEmpty {
            #expect(next.count <= limit)
            found += next.map(\.tenant)
            page.after = next.last?.tenant.id.rawValue
        }
        return found
    }
}
