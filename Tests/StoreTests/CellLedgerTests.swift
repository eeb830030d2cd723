import Registry
import SQLite
import TestRandom
import Testing

@testable import Store

@Suite("The cells' ledger")
struct CellLedgerTests {
    @Test(
        "loads and counts are the sums over the tenants, whatever is done, undone or fails",
        arguments: SeededRandom.seeds)
    func random(_ seed: UInt64) async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(4, capacity: 12)
            var random = SeededRandom(seed: seed)
            for round in 0..<40 {
                // Several at once, so that they share commits with others that fail.
                let seeds = (0..<Int.random(in: 1...6, using: &random)).map { _ in random.next() }
                await withTaskGroup { group in
                    for seed in seeds {
                        group.addTask {
                            do throws(RegistryError) {
                                try await store.write { try Self.step($0, seed: seed) }
                            } catch {
                                #expect(error == Self.given)
                            }
                        }
                    }
                }
                try await Invariants.check(store, "seed \(seed), round \(round)")
            }
            #expect(try store.read { try $0.revision() } > Revision(rawValue: 50), "seed \(seed)")
        }
    }

    private static let given = RegistryError(.stateConflict, "as the test wanted")

    /// Some changes that the rules allow, then at times an error or a rollback.
    private static func step(_ transaction: WriteTransaction, seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            let id = TenantID("t-\(Int.random(in: 0..<15, using: &random))")!
            switch (try transaction.tenant(id), Int.random(in: 0..<6, using: &random)) {
            case (_, 0):
                let record = try transaction.cell(CellID("cell-\(Int.random(in: 1...4, using: &random))")!)
                guard let record else { throw RegistryError(.notFound, "no cell") }
                var cell = record.cell
                cell.labels = ["n": "\(Int.random(in: 0...9, using: &random))"]
                cell.capacity = max(record.load, 12)
                _ = try transaction.save(cell, replacing: record)
            case (let old?, 1): try transaction.delete(old)
            case (let old?, _): try change(old, in: transaction, using: &random)
            case (nil, _): try place(id, in: transaction, using: &random)
            }
        }
        if random.isOne(in: 5) { transaction.rollBackAtEnd() }
        if random.isOne(in: 5) { throw given }
    }

    private static func place(
        _ id: TenantID, in transaction: WriteTransaction, using random: inout SeededRandom
    ) throws {
        let wanted = PlacementConstraints(
            dedicated: random.isOne(in: 5), avoidTenants: random.isOne(in: 3) ? [TenantID("t-1")!] : [])
        let load = Int64.random(in: 0...3, using: &random)
        let question = PlacementPolicy.Question(tenant: id, load: load, constraints: wanted)
        let cells = try transaction.ledger().cells
        guard let choice = Candidates(cells).choose(for: question) else { return }
        let hosts = random.isOne(in: 2) ? ["\(id).com"] : []
        let epoch = try transaction.lastEpoch(of: id)?.next ?? .first
        let tenant = Tenant(
            id: id, hosts: hosts, load: load, cell: cells[choice].id, epoch: epoch, placement: wanted)
        _ = try transaction.save(tenant, replacing: nil)
    }

    /// Another load, another cell, alone or not.
    private static func change(
        _ old: TenantRecord, in transaction: WriteTransaction, using random: inout SeededRandom
    ) throws {
        var tenant = old.tenant
        tenant.load = .random(in: 0...3, using: &random)
        tenant.placement.dedicated = random.isOne(in: 4)
        tenant.hosts = random.isOne(in: 2) ? ["\(tenant.id).com", "\(tenant.id).org"] : []
        let question = PlacementPolicy.Question(
            tenant: tenant.id, load: tenant.load, constraints: tenant.placement)
        let cells = try transaction.ledger().cells.map { cell in
            var cell = cell
            guard cell.id == old.tenant.cell else { return cell }
            // As if it were not there.
            cell.load -= old.tenant.load
            cell.tenants -= 1
            if cell.dedicatedTo == tenant.id { cell.dedicatedTo = nil }
            return cell
        }
        guard let choice = Candidates(cells).choose(for: question) else { return }
        if cells[choice].id != tenant.cell {
            tenant.cell = cells[choice].id
            tenant.epoch = tenant.epoch.next
        }
        _ = try transaction.save(tenant, replacing: old)
    }

    @Test("a cell's write in the same transaction keeps what was placed on it before")
    func cellAfterTenant() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            let saved = try await store.write { transaction in
                let record = try transaction.cell(CellID("cell-1")!)!
                _ = try transaction.save(.named("a", load: 5), replacing: nil)
                var cell = record.cell
                cell.labels = ["a": "b"]
                return try transaction.save(cell, replacing: record)
            }
            #expect(try store.read { try $0.cell(CellID("cell-1")!)?.load } == 5)
            #expect(saved.load == 5)
            #expect(saved.tenants == 1)
            try await Invariants.check(store, "after both")
        }
    }

    @Test("a transaction sees in every list what it has placed itself")
    func listedInside() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            try await store.write { transaction in
                _ = try transaction.save(.named("a", load: 5), replacing: nil)
                #expect(try transaction.cells(page: Page()).map(\.load) == [5])
                #expect(try transaction.candidates().map(\.load) == [5])
                var loads: [Int64] = []
                try transaction.forEachCell { loads.append($0.load) }
                #expect(loads == [5])
            }
        }
    }

    @Test("after a group that the full disk has undone, memory is what the rows say")
    func diskFull() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.addCells(2)
                try await store.add(.named("before", load: 3))
                let pages = try await store.write { transaction in
                    let pages = try transaction.connection.first("PRAGMA page_count") { $0.int(0) } ?? 0
                    try transaction.connection.run("PRAGMA max_page_count = \(pages + 20)")
                    return pages
                }
                let codes = await Self.crowd(store)
                #expect(codes.contains(.diskFull))
                #expect(Set(codes).isSubset(of: [nil, .diskFull]))
                let written = codes.count { $0 == nil }
                #expect(try store.read { try $0.tenantCount() } == written + 1)

                // Reads went on; with room again, so do writes, over the same memory.
                try await store.write {
                    _ = try $0.connection.run("PRAGMA max_page_count = \(pages + 10_000)")
                }
                try await store.add(.named("after", load: 4, on: 2))
                try await Invariants.check(store, "after the full disk")
            }
        }
    }

    /// Twelve writes at once, one of which no disk can hold; how each ended.
    private static func crowd(_ store: Store) async -> [ErrorCode?] {
        await withTaskGroup(of: ErrorCode?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    await add(
                        number, reason: number == 7 ? String(repeating: "x", count: 2_000_000) : "", to: store
                    )
                }
            }
            var codes: [ErrorCode?] = []
            for await code in group { codes.append(code) }
            return codes
        }
    }

    private static func add(_ number: Int, reason: String, to store: Store) async -> ErrorCode? {
        let context = ChangeContext(principal: .system, operation: "test", reason: reason)
        do throws(RegistryError) {
            try await store.write(as: context) {
                _ = try $0.save(.named("t-\(number)", load: 2), replacing: nil)
            }
            return nil
        } catch {
            return error.code
        }
    }
}
