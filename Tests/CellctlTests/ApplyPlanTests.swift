import JSON
import Testing

@testable import cellctl

@Suite struct ApplyPlanTests {
    @Test("what is not there is created, what differs is updated, what is the same is left alone")
    func actions() throws {
        let plan = try plan(
            [
                ["kind": "Cell", "id": "new", "zone": "a"],
                ["kind": "Cell", "id": "changed", "zone": "a", "capacity": 200],
                ["kind": "Cell", "id": "same", "zone": "a"],
            ],
            cells: [
                cell("changed", ["capacity": 100]),
                cell(
                    "same", ["load": 5, "schedulable": false, "health": ["status": "healthy"], "labels": [:]]),
            ])
        #expect(
            plan.steps.map { "\($0.effect.action) \($0.key.name)" } == [
                "create cell/new", "update cell/changed",
            ])
        #expect(plan.steps.map(\.revision) == [nil, 7])
        #expect(plan.unchanged.map(\.name) == ["cell/same"])
        #expect(plan.summary == "plan: 1 to create, 1 to update, 0 to delete, 1 unchanged")
        #expect(plan.steps[1].effect.lines(noPaint) == ["~ cell/changed", "    ~ capacity: 100 → 200"])
    }

    @Test("a field that a document leaves out goes back to its default")
    func defaults() throws {
        let plan = try plan(
            [["kind": "Tenant", "id": "acme"]],
            tenants: [
                tenant("acme", ["load": 9, "pinned": true, "hosts": ["a.com"], "labels": ["x": "gold"]])
            ])
        #expect(
            plan.steps.first?.effect.lines(noPaint) == [
                "~ tenant/acme", "    ~ load: 9 → 1", "    - hosts[]: a.com",
                "    ~ pinned: true → false",
                "    - labels.x: gold",
            ])
        #expect(plan.steps.first?.document == ["id": "acme"])
    }

    @Test("a tenant keeps its cell, epoch and state, and the usual values need no mention")
    func kept() throws {
        let plan = try plan(
            [["kind": "Tenant", "id": "acme", "load": 1, "pinned": false, "hosts": [], "placement": [:]]],
            tenants: [tenant("acme", ["epoch": 4, "state": "suspended"])])
        #expect(plan.steps.isEmpty)
        #expect(plan.unchanged.map(\.name) == ["tenant/acme"])
    }

    @Test("a region that the zone's name gives is not a change, until the zone changes")
    func region() throws {
        let current = cell("c", ["region": "eu"])
        #expect(try plan([["kind": "Cell", "id": "c", "zone": "a"]], cells: [current]).steps.isEmpty)
        let moved = try plan([["kind": "Cell", "id": "c", "zone": "b"]], cells: [current])
        #expect(
            moved.steps.first?.effect.lines(noPaint) == ["~ cell/c", "    ~ zone: a → b", "    - region: eu"])
    }

    @Test("pruning deletes what is in the set and in no document, and nothing else")
    func prune() throws {
        let label: JSONValue = ["titan.io/applied-by": "prod"]
        let plan = try plan(
            [["kind": "Cell", "id": "kept", "zone": "a"]], set: "prod",
            cells: [cell("kept", ["labels": label]), cell("gone", ["labels": label]), cell("other", [:])],
            tenants: [
                tenant("away", ["labels": label]),
                tenant("foreign", ["labels": ["titan.io/applied-by": "test"]]),
            ])
        #expect(
            plan.steps.map { "\($0.effect.action) \($0.key.name)" } == [
                "delete tenant/away", "delete cell/gone",
            ])
        #expect(plan.setCount == 3)
        #expect(plan.steps.allSatisfy { $0.document == nil && $0.revision == 7 })
    }

    @Test("without pruning nothing is deleted")
    func noPrune() throws {
        let plan = try plan([], cells: [cell("gone", ["labels": ["titan.io/applied-by": "prod"]])])
        #expect(plan.steps.isEmpty)
    }

    @Test(
        "more than half of a set is not deleted, unless as many are named",
        arguments: [
            (10, 5, nil, true), (10, 6, nil, false), (1, 1, nil, false), (10, 10, 10, true),
            (10, 10, 9, false),
            (10, 0, nil, true), (0, 0, nil, true), (10, 3, 2, false), (10, 2, 2, true),
        ] as [(Int, Int, Int?, Bool)])
    func guarded(members: Int, deletions: Int, max: Int?, allowed: Bool) throws {
        let label: JSONValue = ["titan.io/applied-by": "prod"]
        let plan = try plan(
            (0..<(members - deletions)).map { ["kind": "Cell", "id": .string("c\($0)"), "zone": "a"] },
            set: "prod",
            cells: (0..<members).map { cell("c\($0)", ["labels": label]) })
        #expect(plan.count(.delete) == deletions)
        #expect((plan.pruneObjection(max: max) == nil) == allowed, "\(plan.pruneObjection(max: max) ?? "")")
    }

    @Test("cells come before their tenants, tenants leave before others arrive, cells go last")
    func order() throws {
        let label: JSONValue = ["titan.io/applied-by": "prod"]
        let plan = try plan(
            [
                ["kind": "Tenant", "id": "t-new"], ["kind": "Tenant", "id": "t-old", "load": 2],
                ["kind": "Cell", "id": "c-new", "zone": "a"],
            ], set: "prod", cells: [cell("c-gone", ["labels": label])],
            tenants: [tenant("t-old", [:]), tenant("t-gone", ["labels": label])])
        #expect(plan.steps.map(\.key.id) == ["c-new", "t-gone", "t-old", "t-new", "c-gone"])
    }

    @Test("the server's word on a step replaces what was reckoned, and a step that does nothing is none")
    func refined() throws {
        var plan = try plan(
            [
                ["kind": "Tenant", "id": "a", "hosts": ["ÄRA.com"]],
                ["kind": "Tenant", "id": "b", "hosts": ["B.com"]],
            ],
            tenants: [tenant("a", [:]), tenant("b", ["hosts": ["b.com"]])])
        let (a, b) = (plan.steps[0].key, plan.steps[1].key)
        plan.refine(
            a,
            with: [
                Effect(
                    kind: "tenant", id: "a", action: .update, before: [:],
                    after: ["hosts": ["xn--ra-viac.com"]])
            ])
        plan.refine(b, with: [])
        #expect(plan.steps.map { $0.effect.after } == [["hosts": ["xn--ra-viac.com"]]])
        #expect(plan.unchanged == [b])
    }

    private func plan(
        _ documents: [JSONValue], set: String? = nil, cells: [JSONValue] = [], tenants: [JSONValue] = []
    ) throws -> ApplyPlan {
        var current: [ResourceKey: JSONValue] = [:]
        for cell in cells { current[ResourceKey(kind: .cell, id: cell["id"]?.string ?? "")] = cell }
        for tenant in tenants { current[ResourceKey(kind: .tenant, id: tenant["id"]?.string ?? "")] = tenant }
        return ApplyPlan(try Manifest.read(documents, set: set), current: current, pruning: set)
    }

    private func cell(_ id: String, _ fields: JSONValue) -> JSONValue {
        let usual: JSONValue = [
            "id": .string(id), "zone": "a", "region": "a", "state": "active", "schedulable": true,
            "capacity": 0,
            "endpoints": [:], "load": 0, "tenants": 0, "revision": 7, "createdAt": "2026-01-31T12:00:00.000Z",
            "updatedAt": "2026-01-31T12:00:00.000Z",
        ]
        return usual.applyingMergePatch(fields)
    }

    private func tenant(_ id: String, _ fields: JSONValue) -> JSONValue {
        let usual: JSONValue = [
            "id": .string(id), "cell": "cell-1", "epoch": 1, "state": "serving", "load": 1, "hosts": [],
            "pinned": false,
            "revision": 7, "createdAt": "2026-01-31T12:00:00.000Z", "updatedAt": "2026-01-31T12:00:00.000Z",
        ]
        return usual.applyingMergePatch(fields)
    }
}
