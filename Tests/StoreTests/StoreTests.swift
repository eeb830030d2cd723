import Registry
import SQLite
import Testing

@testable import Store

@Suite("Store")
struct StoreTests {
    @Test("a lineage is random, and stays through every reopening")
    func lineage() async throws {
        try await TemporaryStore.with { temporary in
            let first = try await temporary.withStore { store in
                try await store.addCells(3)
                return try store.read { (try $0.incarnation(), try $0.revision()) }
            }
            for _ in 0..<3 {
                let again = try await temporary.withStore { store in
                    try store.read { (try $0.incarnation(), try $0.revision()) }
                }
                #expect(again == first)
            }
            let other = try await TemporaryStore.withStore { store in try store.read { try $0.incarnation() }
            }
            #expect(other != first.0)
        }
    }

    @Test("a second open of the same file is refused, and the first goes on")
    func secondOpen() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                #expect(throws: DatabaseInUse.self) { try temporary.open() }
                try await store.addCells(1)
            }
            let count = try await temporary.withStore { store in try store.read { try $0.cellCount() } }
            #expect(count == 1)
        }
    }

    @Test("what a body throws undoes all that it did, and it alone")
    func undone() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            let given = RegistryError(.notFound, "given")
            await #expect(throws: given) {
                try await store.write { transaction in
                    _ = try transaction.save(.named("a", hosts: ["a.com"]), replacing: nil)
                    throw given
                }
            }
            #expect(try store.read { (try $0.tenantCount(), try $0.hostCount()) } == (0, 0))
            #expect(try store.read { try $0.revision() } == Revision(rawValue: 1))
            try await store.add(.named("b"))
            #expect(try store.read { try $0.revision() } == Revision(rawValue: 2))
            try await Invariants.check(store, "after both")
        }
    }

    @Test("a rolled back transaction gives its result, and leaves nothing")
    func rolledBack() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            let record = try await store.write { transaction in
                transaction.rollBackAtEnd()
                return try transaction.save(.named("a", load: 5), replacing: nil)
            }
            #expect(record.revision == Revision(rawValue: 2))
            #expect(try store.read { (try $0.tenantCount(), try $0.revision().rawValue) } == (0, 1))
            try await Invariants.check(store, "after the rollback")
        }
    }

    @Test("whoever listens has seen a commit before its writer is answered")
    func listener() async throws {
        try await TemporaryStore.withStore { store in
            let seen = Recorder<Int64>()
            store.onCommit { transaction in
                do { seen.record(try transaction.revision().rawValue) } catch { Issue.record(error) }
            }
            for number in 1...20 {
                try await store.write { transaction in
                    _ = try transaction.save(Cell(id: CellID("cell-\(number)")!, zone: "a"), replacing: nil)
                }
                #expect(seen.elements.last == Int64(number))
            }
        }
    }

    @Test("many writers at once make one sequence")
    func concurrent() async throws {
        try await TemporaryStore.withStore { store in
            try await store.addCells(1)
            let revisions = try await withThrowingTaskGroup { group in
                for number in 0..<100 {
                    group.addTask { try await store.add(.named("t-\(number)"))[0].revision.rawValue }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(revisions.sorted() == Array(2...101))
            try await Invariants.check(store, "after all")
        }
    }

    @Test("a failure that is not the caller's is told to the log, and not to the caller")
    func reported() async throws {
        struct Odd: Error {}
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                let error = await #expect(throws: RegistryError.self) {
                    try await store.write { _ in throw Odd() }
                }
                #expect(error?.code == .internalError)
                #expect(temporary.reports.elements == ["Odd()"])
                #expect(error?.detail.contains("Odd") == false)
                #expect(throws: RegistryError.self) { try store.read { _ in throw Odd() } }
                #expect(temporary.reports.elements.count == 2)
            }
        }
    }

    @Test("a read past its time limit is to be asked again for less, and no failure")
    func slowRead() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                let endless =
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
                let error = #expect(throws: RegistryError.self) {
                    try store.read(timeLimit: .milliseconds(20)) {
                        try $0.connection.first(endless) { $0.int64(0) }
                    }
                }
                #expect(error?.code == .overloaded)
                #expect(error?.detail.contains("20ms") == true)
                #expect(temporary.reports.elements == [])
            }
        }
    }

    @Test("a closed store says that it stops")
    func closed() async throws {
        try await TemporaryStore.with { temporary in
            let store = try temporary.open()
            store.close()
            let write = await #expect(throws: RegistryError.self) { try await store.write { _ in } }
            let read = #expect(throws: RegistryError.self) { try store.read { _ in } }
            #expect(write?.code == .stopping)
            #expect(read?.code == .stopping)
            #expect(temporary.reports.elements == [])
        }
    }

    @Test("a copy made while it is in use is a whole registry at one revision")
    func backup() async throws {
        try await TemporaryStore.with { copy in
            try await TemporaryStore.with { original in
                try await original.withStore { store in
                    try await store.addCells(2)
                    try await store.add(.named("a", hosts: ["a.com"], load: 3))
                    try store.backup(to: copy.path)
                    try await store.add(.named("b"))
                }
            }
            try await copy.withStore { store in
                #expect(try store.read { try $0.tenantCount() } == 1)
                #expect(try store.read { try $0.revision() } == Revision(rawValue: 3))
                try await Invariants.check(store, "of the copy")
            }
        }
    }

    @Test("the listener of commits is called as directly after many as after the first")
    func listenerDepth() async throws {
        try await TemporaryStore.withStore { store in
            let places = Recorder<UInt>()
            store.onCommit { _ in
                var local = 0
                withUnsafeMutablePointer(to: &local) { places.record(UInt(bitPattern: $0)) }
            }
            try await store.addCells(1)
            for number in 0..<50 { try await store.add(.named("t-\(number)", load: 1)) }
            #expect(places.elements.count > 50)
            #expect(Set(places.elements.suffix(50)).count == 1, "on one place of the stack")
        }
    }
}
