import JSON
import Registry
import SQLite
import TestRandom
import Testing

@testable import Store

@Suite("The audit in the store")
struct AuditStoreTests {
    /// Some changes of cells, tenants and tokens by several people.
    private static func fill(_ store: Store, _ clock: WallClock, seed: UInt64, count: Int = 60) async throws {
        try await store.addCells(2)
        var random = SeededRandom(seed: seed)
        for number in 0..<count {
            clock.advance(byMilliseconds: .random(in: -20...30, using: &random))
            let context = ChangeContext(
                principal: Principal(name: ["ann", "bob"].randomElement(using: &random)!, role: .operator),
                operation: ["putTenant", "importTenants"].randomElement(using: &random)!,
                reason: "reason \(number) \"é\"",
                requestID: "r-\(number)", traceparent: random.isOne(in: 2) ? "00-trace" : "")
            let id = TenantID("t-\(Int.random(in: 0..<8, using: &random))")!
            let (load, delete, isToken) = (
                Int64.random(in: 0...2, using: &random), random.isOne(in: 4), random.isOne(in: 9)
            )
            try await store.write(as: context) { transaction in
                if isToken {
                    let hash = [UInt8](repeating: UInt8(number), count: 32)
                    _ = try transaction.insert(Principal(name: "token-\(number)", role: .viewer), hash: hash)
                } else if let old = try transaction.tenant(id) {
                    var tenant = old.tenant
                    tenant.load = load
                    if delete {
                        try transaction.delete(old)
                    } else {
                        _ = try transaction.save(tenant, replacing: old)
                    }
                } else {
                    _ = try transaction.save(
                        Tenant(id: id, load: load, cell: CellID("cell-1")!), replacing: nil)
                }
            }
        }
    }

    private static func all(_ store: Store) throws -> [ChainedEvent] {
        try store.read { try $0.events(after: .zero, limit: 10_000) }
    }

    @Test(
        "revisions have no gaps, times never go back though the clock does, and each event names the one before it",
        arguments: SeededRandom.seeds)
    func order(_ seed: UInt64) async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await Self.fill(store, temporary.clock, seed: seed)
                let events = try Self.all(store).map(\.event)
                #expect(events.map(\.revision.rawValue) == Array(1...Int64(events.count)))
                #expect(events.map(\.at) == events.map(\.at).sorted(), "seed \(seed)")
                #expect(try store.read { try $0.revision() } == events.last?.revision)
                var last: [String: Revision] = [:]
                for event in events {
                    #expect(event.previous == last["\(event.kind) \(event.id)"] ?? .zero, "seed \(seed)")
                    last["\(event.kind) \(event.id)"] = event.revision
                }
            }
        }
    }

    @Test("a moment's revision is the last one made by then", arguments: SeededRandom.seeds)
    func revisionAtTime(_ seed: UInt64) async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                #expect(try store.read { try $0.revision(at: temporary.clock.now) } == .zero)
                try await Self.fill(store, temporary.clock, seed: seed)
                let events = try Self.all(store).map(\.event)
                let times = try #require(events.first?.at.rawValue)...(try #require(events.last?.at.rawValue))
                try store.read { transaction in
                    for milliseconds in (times.lowerBound - 2)...(times.upperBound + 2) {
                        let moment = Timestamp(rawValue: milliseconds)
                        let expected = events.last { $0.at <= moment }?.revision ?? .zero
                        guard try transaction.revision(at: moment) == expected else {
                            Issue.record("at \(moment), seed \(seed)")
                            return
                        }
                    }
                    #expect(try transaction.revision(at: Timestamp(rawValue: .max)) == events.last?.revision)
                    #expect(try transaction.revision(at: Timestamp(rawValue: .min)) == .zero)
                }
            }
        }
    }

    @Test("events are narrowed by each part of a filter, and page by revision", arguments: SeededRandom.seeds)
    func filters(_ seed: UInt64) async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await Self.fill(store, temporary.clock, seed: seed)
                let events = try Self.all(store)
                let filters = [
                    AuditFilter(), AuditFilter(kind: .tenant), AuditFilter(kind: .tenant, id: "t-3"),
                    AuditFilter(id: "t-3"),
                    AuditFilter(actor: "ann"), AuditFilter(operation: "putTenant"),
                    AuditFilter(kind: .token, actor: "bob"),
                    AuditFilter(kind: .tenant, id: "t-1", actor: "ann", operation: "importTenants"),
                    AuditFilter(id: "nobody"),
                ]
                for filter in filters {
                    let expected = events.filter { chained in
                        let event = chained.event
                        return (filter.kind ?? event.kind) == event.kind
                            && (filter.id ?? event.id) == event.id
                            && (filter.actor ?? event.actor) == event.actor
                            && (filter.operation ?? event.operation) == event.operation
                    }
                    for limit in [1, 5, 1000] {
                        var found: [ChainedEvent] = []
                        var after = Revision.zero
                        while case let page = try store.read({
                            try $0.events(after: after, filter, limit: limit)
                        }),
                            let last = page.last
                        {
                            found += page
                            after = last.event.revision
                        }
                        #expect(found == expected, "\(filter), seed \(seed)")
                    }
                }
            }
        }
    }

    @Test("history, documents and changes are what the events say", arguments: SeededRandom.seeds)
    func history(_ seed: UInt64) async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { store in
                try await Self.fill(store, temporary.clock, seed: seed)
                let events = try Self.all(store)
                try store.read { transaction in
                    let ofOne = events.filter { $0.event.kind == .tenant && $0.event.id == "t-3" }
                    #expect(
                        try transaction.events(
                            before: Revision(rawValue: .max), of: .tenant, "t-3", limit: 1000)
                            == ofOne.reversed())
                    if let middle = ofOne.dropFirst(ofOne.count / 2).first?.event.revision {
                        let before = ofOne.filter { $0.event.revision < middle }.suffix(2)
                        #expect(
                            try transaction.events(before: middle, of: .tenant, "t-3", limit: 2)
                                == before.reversed())
                    }
                    for number in 0...Int64(events.count) {
                        let revision = Revision(rawValue: number)
                        let there = number == 0 ? nil : events[Int(number) - 1]
                        #expect(try transaction.event(at: revision) == there)
                        let expected = ofOne.last { $0.event.revision <= revision }?.event.document
                        #expect(try transaction.document(of: .tenant, "t-3", at: revision) == expected)
                    }
                    let changes = try transaction.changes(after: .zero, limit: 1000)
                    #expect(changes.map(\.event.revision) == events.map(\.event.revision))
                    for (change, chained) in zip(changes, events) {
                        #expect(change.routing == chained.routing)
                        let previous = events.first { $0.event.revision == chained.event.previous }?.event
                            .document
                        let documents = [previous, chained.event.document].map { text in
                            chained.routing ? text.flatMap { try? JSONValue(parsing: Array($0.utf8)) } : nil
                        }
                        #expect(change.before == documents[0])
                        #expect(change.after == documents[1])
                    }
                    let routed = changes.filter(\.routing)
                    #expect(try transaction.changes(lastOfRouting: 1000) == routed)
                    #expect(try transaction.changes(lastOfRouting: 3) == routed.suffix(3))
                    #expect(
                        try transaction.changes(after: Revision(rawValue: 10), limit: 4)
                            == Array(changes[10..<14]))
                }
            }
        }
    }

    @Test("the hash chain holds over everything, and any edit past the triggers breaks it where it was made")
    func chain() async throws {
        try await TemporaryStore.with { temporary in
            // A change in the middle, which every edit does something to.
            let place = try await temporary.withStore { store in
                try await Self.fill(store, temporary.clock, seed: 1)
                let events = try Self.all(store)
                #expect(Self.broken(events) == nil)
                let change = events.dropFirst(20).first {
                    $0.event.document != nil && $0.event.previous > .zero
                }
                return try #require(change?.event.revision.rawValue)
            }
            let edits = [
                "at_ms = at_ms + 1", "actor = actor || 'x'", "operation = 'x'", "kind = 'gateway'",
                "resource = resource || 'x'",
                "document = '{}'", "document = NULL", "previous = 0", "reason = ''", "request_id = ''",
                "traceparent = traceparent || 'x'",
                "hash = zeroblob(32)",
            ]
            for edit in edits {
                try temporary.withConnection { connection in
                    try connection.execute("BEGIN; DROP TRIGGER audit_events_kept_from_update")
                    let kept = try ReadTransaction(connection).event(at: Revision(rawValue: place))
                    try connection.run("UPDATE audit_events SET \(edit) WHERE revision = $1", place)
                    let isSame = try ReadTransaction(connection).event(at: Revision(rawValue: place)) == kept
                    let events = try ReadTransaction(connection).events(after: .zero, limit: 10_000)
                    #expect(!isSame, "\(edit)")
                    #expect(Self.broken(events) == place, "\(edit)")
                    try connection.execute("ROLLBACK")
                }
            }
        }
    }

    @Test("an event that is taken out breaks the chain at the next")
    func takenOut() async throws {
        try await TemporaryStore.with { temporary in
            try await temporary.withStore { try await Self.fill($0, temporary.clock, seed: 1) }
            try temporary.withConnection { connection in
                try connection.execute(
                    "DROP TRIGGER audit_events_kept_from_delete; DELETE FROM audit_events WHERE revision = 9")
                #expect(
                    Self.broken(try ReadTransaction(connection).events(after: .zero, limit: 10_000)) == 10)
            }
        }
    }

    /// The first revision at which the chain does not hold.
    private static func broken(_ events: [ChainedEvent]) -> Int64? {
        var hash = AuditChain.start
        for chained in events {
            hash = AuditChain.hash(after: hash, chained.event.canonical)
            if hash != chained.hash { return chained.event.revision.rawValue }
        }
        return nil
    }
}
