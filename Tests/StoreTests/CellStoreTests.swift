import Registry
import TestRandom
import Testing

@testable import Store

@Suite("Cells in the store")
struct CellStoreTests {
    private static func cell(_ name: String, zone: String = "a", state: CellState = .active) -> Cell {
        Cell(id: CellID(name)!, zone: zone, state: state, capacity: 10)
    }

    @Test("a cell is saved, replaced and deleted, with its revisions and times")
    func life() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                let made = try await store.write { try $0.save(Self.cell("cell-1"), replacing: nil) }
                #expect(try store.read { try $0.cell(CellID("cell-1")!) } == made)
                #expect(made.revision == Revision(rawValue: 1))
                #expect(made.createdAt == temporary.clock.now)

                temporary.clock.advance(byMilliseconds: 5)
                let changed = try await store.write { transaction in
                    var cell = made.cell
                    cell.labels = ["tier": "gold"]
                    return try transaction.save(cell, replacing: made)
                }
                #expect(try store.read { try $0.cell(made.cell.id) } == changed)
                #expect(changed.revision == Revision(rawValue: 2))
                #expect(changed.createdAt == made.createdAt)
                #expect(changed.updatedAt == temporary.clock.now)

                try await store.write { try $0.delete(changed) }
                #expect(try store.read { try $0.cell(made.cell.id) } == nil)
                #expect(try store.read { try $0.cellCount() } == 0)
            }
        }
    }

    @Test("the history of a cell that is made anew is one chain")
    func remade() async throws {
        try await TemporaryStore.withStore { store in
            let previous = try await store.write { transaction in
                let made = try transaction.save(Self.cell("cell-1"), replacing: nil)
                try transaction.delete(made)
                _ = try transaction.save(Self.cell("cell-1"), replacing: nil)
                return transaction.events.map(\.previous.rawValue)
            }
            #expect(previous == [0, 1, 2])
        }
    }

    @Test("gateways hear of what they are told, and of nothing else")
    func routing() async throws {
        try await TemporaryStore.withStore { store in
            try await store.write { transaction in
                var record = try transaction.save(Self.cell("cell-1"), replacing: nil)
                for change: @Sendable (inout Cell) -> Void in [
                    { $0.labels = ["a": "b"] }, { $0.capacity = 11 }, { $0.schedulable = false },
                    { $0.zone = "b" },
                    { $0.endpoints = ["order": "a:1"] }, { $0.state = .retired },
                    { $0.annotations = ["a": "b"] },
                ] {
                    var cell = record.cell
                    change(&cell)
                    record = try transaction.save(cell, replacing: record)
                }
                try transaction.delete(record)
            }
            let routing = try store.read { try $0.events(after: .zero, limit: 100).map(\.routing) }
            #expect(routing == [true, false, false, false, true, true, true, false, false])
        }
    }

    @Test(
        "pages of every size show each cell once, in order, as the filter says", arguments: SeededRandom.seeds
    )
    func pages(_ seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var all: [Cell] = []
        for number in 0..<60 {
            let state: CellState = [.active, .provisioning].randomElement(using: &random)!
            var cell = Self.cell(
                "cell-\(number)", zone: ["a", "b"].randomElement(using: &random)!, state: state)
            cell.schedulable = random.isOne(in: 2)
            if random.isOne(in: 3) { cell.labels = ["tier": random.isOne(in: 2) ? "gold" : "tin", "x": "y"] }
            all.append(cell)
        }
        let filters = [
            CellFilter(), CellFilter(zone: "a"), CellFilter(state: .active), CellFilter(schedulable: false),
            CellFilter(labels: ["tier": "gold", "x": "y"]),
            CellFilter(zone: "b", state: .active, schedulable: true, labels: ["x": "y"]),
            CellFilter(zone: "nowhere"),
        ]
        let limits = [1, 2, 7, 60, 1000]
        try await TemporaryStore.withStore { [all] store in
            try await store.write { transaction in
                for cell in all { _ = try transaction.save(cell, replacing: nil) }
            }
            for filter in filters {
                let expected = all.filter { cell in
                    (filter.zone ?? cell.zone) == cell.zone && (filter.state ?? cell.state) == cell.state
                        && (filter.schedulable ?? cell.schedulable) == cell.schedulable
                        && filter.labels.allSatisfy { cell.labels[$0.key] == $0.value }
                }.sorted { $0.id < $1.id }
                for limit in limits {
                    var found: [Cell] = []
                    var page = Page(limit: limit)
                    while case let next = try store.read({ try $0.cells(filter, page: page) }), !next.isEmpty
                    {
                        #expect(next.count <= limit)
                        found += next.map(\.cell)
                        page.after = next.last?.cell.id.rawValue
                    }
                    #expect(found == expected, "seed \(seed)")
                }
            }
        }
    }
}
