import JSON
import Registry
import Testing

@testable import Store

@Suite("Write transaction")
struct WriteTransactionTests {
    @Test("every write of a resource is an event with who, how, why and when")
    func event() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                let context = ChangeContext(
                    principal: Principal(name: "ann", role: .operator), operation: "putCell",
                    reason: "more room",
                    requestID: "r-1", traceparent: "00-t")
                let cell = Cell(id: CellID("cell-1")!, zone: "a")
                let events = try await store.write(as: context) { transaction in
                    _ = try transaction.save(cell, replacing: nil)
                    return transaction.events
                }
                let expected = AuditEvent(
                    revision: Revision(rawValue: 1), at: temporary.clock.now, actor: "ann",
                    operation: "putCell", kind: .cell,
                    id: "cell-1", document: cell.document.encodedString(.canonical), previous: .zero,
                    reason: "more room",
                    requestID: "r-1", traceparent: "00-t")
                #expect(events == [expected])
                let kept = try store.read { try $0.event(at: Revision(rawValue: 1)) }
                #expect(kept?.event == expected)
                #expect(kept?.hash == AuditChain.hash(after: AuditChain.start, expected.canonical))
            }
        }
    }

    @Test("a transaction has one time, and counts its own revisions")
    func within() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.write { transaction in
                    let before = transaction.now
                    #expect(transaction.revision() == .zero)
                    _ = try transaction.save(Cell(id: CellID("cell-1")!, zone: "a"), replacing: nil)
                    temporary.clock.advance(byMilliseconds: 1000)
                    _ = try transaction.save(Cell(id: CellID("cell-2")!, zone: "a"), replacing: nil)
                    #expect(transaction.revision() == Revision(rawValue: 2))
                    #expect(transaction.now == before)
                    #expect(transaction.events.map(\.at) == [before, before])
                }
            }
        }
    }

    @Test("a clock that is put back does not put the registry's time back")
    func clockBack() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await store.addCells(1)
                let first = temporary.clock.now
                temporary.clock.advance(byMilliseconds: -86_400_000)
                #expect(try await store.write { $0.now } == first)
            }
            // Nor across a restart.
            try await temporary.withStore { store in
                let kept = try store.read { try $0.event(at: Revision(rawValue: 1))?.event.at }
                #expect(try await store.write { $0.now } == kept)
            }
        }
    }
}
