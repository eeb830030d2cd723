import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("How a change is made")
struct ControlPlaneChangeTests {
    private static let document: JSONValue = ["zone": "a", "state": "active", "capacity": 10]

    // MARK: Expectations

    @Test("a change is made only on what the request expects to find")
    func expectations() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            func code(_ expecting: Expected) async -> ErrorCode? {
                await refusal {
                    try await plane.put(cell: "cell-1", Self.document, How(expecting: expecting))
                }?.code
            }
            let other = RevisionTag(Incarnation("abcdefgh2345")!, Revision(rawValue: 1))
            #expect(await code(.present) == .preconditionFailed)
            #expect(await code(.oneOf([RevisionTag(plane.incarnation, .zero)])) == .preconditionFailed)
            #expect(await code(.absent) == nil)
            #expect(await code(.absent) == .preconditionFailed)
            #expect(await code(.present) == nil)
            #expect(await code(.oneOf([other])) == .preconditionFailed)
            #expect(await code(.oneOf([other, plane.revision])) == nil)
            try await plane.patch(cell: "cell-1", ["capacity": 11], How(expecting: .oneOf([plane.revision])))
            #expect(
                await code(.oneOf([RevisionTag(plane.incarnation, Revision(rawValue: 1))]))
                    == .preconditionFailed)
            #expect(plane.last == 2)
        }
    }

    @Test("each kind of change looks at what it expects")
    func expectedByAll() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "t")
            try await plane.change(How()) {
                try $0.createToken(TokenRequest(name: "k", role: .viewer))
            }
            let stale = How(expecting: .oneOf([RevisionTag(plane.incarnation, Revision(rawValue: 99))]))
            let refusals = [
                await refusal { try await plane.patch(cell: "cell-1", [:], stale) },
                await refusal { try await plane.move(cell: "cell-1", .cordon, stale) },
                await refusal { try await plane.delete(cell: "cell-1", stale) },
                await refusal { try await plane.put(tenant: "t", [:], stale) },
                await refusal { try await plane.patch(tenant: "t", [:], stale) },
                await refusal { try await plane.move(tenant: "t", .suspend, stale) },
                await refusal { try await plane.delete(tenant: "t", stale) },
                await refusal { try await plane.change(stale) { try $0.deleteToken("k") } },
            ]
            #expect(refusals.map(\.?.code) == Array(repeating: .preconditionFailed, count: 8))
        }
    }

    // MARK: Dry runs and plans

    @Test("a dry run changes nothing, and shows what the change then does")
    func dryRun() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2)
            try await plane.put(tenant: "old", ["hosts": ["a.com"]])
            let table = try plane.table
            let changes: [(String, @Sendable (How) async throws -> Answer)] = [
                ("new tenant", { try await plane.put(tenant: "new", ["load": 3], $0) }),
                ("patched tenant", { try await plane.patch(tenant: "old", ["hosts": ["b.com"]], $0) }),
                ("new cell", { try await plane.put(cell: "cell-9", Self.document, $0) }),
                ("cordon", { try await plane.move(cell: "cell-2", .cordon, $0) }),
                ("revert", { try await plane.revert(4, $0) }),
                ("nothing", { try await plane.patch(tenant: "old", [:], $0) }),
                ("deletion", { try await plane.delete(tenant: "old", $0) }),
            ]
            for (number, (name, change)) in changes.enumerated() {
                let before = plane.last
                let tableBefore = number == 0 ? table : try plane.table
                let dry = try await change(How(dryRun: true)).json
                #expect(dry["dryRun"] == true, "\(name)")
                #expect(plane.last == before, "\(name)")
                #expect(try plane.table == tableBefore, "\(name)")
                let plan = try #require(dry["plan"]?.string)
                let real = try await change(How(plan: plan)).json
                #expect(Self.timeless(dry["result"]) == Self.timeless(real), "\(name)")
                let events = try plane.events(after: Revision(rawValue: before), AuditFilter(), limit: 10)
                    .events
                let effects = try #require(dry["effects"]?.array)
                #expect(effects.count == events.count, "\(name)")
                for (effect, event) in zip(effects, events) {
                    #expect(effect["kind"] == .string(event.event.kind.rawValue))
                    #expect(effect["id"] == .string(event.event.id))
                    #expect(effect["after"]?.encodedString(.canonical) == event.event.document ?? "null")
                }
            }
        }
    }

    private static func timeless(_ value: JSONValue?) -> JSONValue? {
        value?.applyingMergePatch(["createdAt": .null, "updatedAt": .null])
    }

    @Test("effects name what is made, changed and deleted")
    func actions() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            func effect(_ change: (How) async throws -> Answer) async throws -> [JSONValue?] {
                let effect = try await change(How(dryRun: true)).json["effects"]?[0]
                return [effect?["action"], effect?["before"]?["capacity"], effect?["after"]?["capacity"]]
            }
            #expect(
                try await effect { try await plane.put(cell: "cell-1", Self.document, $0) } == [
                    "create", nil, 10,
                ])
            try await plane.put(cell: "cell-1", Self.document)
            #expect(
                try await effect { try await plane.patch(cell: "cell-1", ["capacity": 4], $0) } == [
                    "update", 10, 4,
                ])
            try await plane.move(cell: "cell-1", .cordon)
            try await plane.move(cell: "cell-1", .retire)
            #expect(try await effect { try await plane.delete(cell: "cell-1", $0) } == ["delete", 10, nil])
        }
    }

    @Test("a plan holds while what it does stays the same, and is refused once it would be something else")
    func plans() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2)
            let placed = try await plane.put(tenant: "new", [:], How(dryRun: true)).json
            let plan = try #require(placed["plan"]?.string)
            #expect(plan.utf8.count == 22)
            // Something else changes, and the outcome does not.
            try await plane.put(cell: "cell-3", Self.document.applyingMergePatch(["capacity": 0]))
            #expect(try await plane.put(tenant: "new", [:], How(dryRun: true)).json["plan"]?.string == plan)
            // The cell that was chosen is cordoned: another one would be.
            let cell = try #require(placed["result"]?["cell"]?.string)
            try await plane.move(cell: cell, .cordon)
            let last = plane.last
            await refused(.planChanged) { try await plane.put(tenant: "new", [:], How(plan: plan)) }
            #expect(plane.last == last)
            try await plane.move(cell: cell, .uncordon)
            try await plane.put(tenant: "new", [:], How(plan: plan))
            // Done once, it is not done again by the same plan.
            await refused(.planChanged) { try await plane.delete(tenant: "new", How(plan: plan)) }
        }
    }

    @Test("a plan that was made on another revision of the resource is refused")
    func planOfRevision() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            let plan = try await plane.patch(cell: "cell-1", ["capacity": 5], How(dryRun: true)).json["plan"]?
                .string
            try await plane.patch(cell: "cell-1", ["labels": ["a": "b"]])
            try await plane.patch(cell: "cell-1", ["labels": .null])
            await refused(.planChanged) {
                try await plane.patch(cell: "cell-1", ["capacity": 5], How(plan: plan))
            }
        }
    }

    // MARK: Idempotency

    private static func key(_ name: String, _ body: String = "body") -> IdempotencyKey {
        IdempotencyKey(principal: "tester", key: name, parts: [Array("POST".utf8), Array(body.utf8)])
    }

    @Test("a repeated request gets the same bytes and does nothing more, after a restart too")
    func replay() async throws {
        try await TemporaryControlPlane.with { temporary in
            let how = How(key: Self.key("k"))
            let first = try await temporary.withPlane { plane in
                let first = try await plane.put(cell: "cell-1", Self.document, how)
                #expect(try await plane.put(cell: "cell-1", Self.document, how) == first)
                try await plane.patch(cell: "cell-1", ["capacity": 11])
                #expect(try await plane.put(cell: "cell-1", Self.document, how) == first)
                return first
            }
            try await temporary.withPlane { plane in
                let again = try await plane.put(cell: "cell-1", Self.document, how)
                #expect(again == first)
                #expect(again.created)
                #expect(again.tag == RevisionTag(plane.incarnation, Revision(rawValue: 1)))
                #expect(plane.last == 2)
                #expect(try plane.cell(named: "cell-1")?.capacity == 11)
            }
        }
    }

    @Test("a key that came with another request is refused, and one whose request failed may be used again")
    func reused() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            await refused(.notFound) {
                try await plane.patch(cell: "cell-1", [:], How(key: Self.key("k", "patch")))
            }
            try await plane.put(cell: "cell-1", Self.document, How(key: Self.key("k")))
            await refused(.idempotencyKeyReused) {
                try await plane.put(cell: "cell-2", Self.document, How(key: Self.key("k", "other")))
            }
            #expect(plane.last == 1)
        }
    }

    @Test("a dry run neither takes nor gives a kept answer")
    func dryRunHasNoKey() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let how = How(dryRun: true, key: Self.key("k"))
            #expect(try await plane.put(cell: "cell-1", Self.document, how).json["dryRun"] == true)
            try await plane.put(cell: "cell-1", Self.document, How(key: Self.key("k")))
            #expect(try await plane.put(cell: "cell-1", Self.document, how).json["dryRun"] == true)
            #expect(plane.last == 1)
        }
    }

    @Test("while a request runs, another with its key is refused, and afterwards gets its answer")
    func running() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let gate = Gate()
            let how = How(key: Self.key("k"))
            async let first = plane.change(how) { change in
                gate.pass()
                return try change.putCell(CellID("cell-1")!, Self.document)
            }
            try await gate.reached()
            await refused(.idempotencyKeyInUse) { try await plane.put(cell: "cell-1", Self.document, how) }
            gate.open()
            let answer = try await first
            #expect(try await plane.put(cell: "cell-1", Self.document, how) == answer)
            #expect(plane.last == 1)
        }
    }

    @Test("of many at once with one key one is done, whatever the others are told")
    func crowd() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            for round in 0..<20 {
                let how = How(key: Self.key("k-\(round)"))
                let codes = await withTaskGroup(of: ErrorCode?.self) { group in
                    for _ in 0..<5 {
                        group.addTask {
                            await refusal { try await plane.put(cell: "cell-\(round)", Self.document, how) }?
                                .code
                        }
                    }
                    var codes: [ErrorCode?] = []
                    for await code in group { codes.append(code) }
                    return codes
                }
                #expect(codes.contains(nil))
                #expect(codes.allSatisfy { $0 == nil || $0 == .idempotencyKeyInUse })
                #expect(plane.last == Int64(round + 1))
            }
        }
    }

    @Test("a fingerprint tells its parts from each other")
    func fingerprint() {
        func print(_ parts: String...) -> [UInt8] {
            IdempotencyKey(principal: "p", key: "k", parts: parts.map { Array($0.utf8) }).fingerprint
        }
        #expect(print("a", "b").count == 32)
        #expect(print("a", "b") == print("a", "b"))
        #expect(
            Set([
                print("ab"), print("a", "b"), print("b", "a"), print("ab", ""), print("", "ab"),
                print("1:a", "b"),
            ]).count == 6)
    }
}
