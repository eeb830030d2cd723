import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Changing cells")
struct CellChangesTests {
    @Test("a cell is put, put again, patched, moved through its life and deleted")
    func life() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let made = try await plane.put(cell: "cell-1", ["zone": "us-east-1a", "capacity": 10])
            #expect(made.created)
            #expect(made.location == "/there")
            #expect(made.tag == plane.revision)
            #expect(try made.json["state"] == "provisioning")
            #expect(try made.json["revision"] == 1)
            #expect(try made.json["previousRevision"] == 0)

            let active = try await plane.move(cell: "cell-1", .activate)
            #expect(!active.created)
            #expect(active.location == "")
            #expect(try active.json["state"] == "active")
            #expect(try active.json["previousRevision"] == 1)

            let changed = try await plane.put(cell: "cell-1", ["zone": "us-east-1a", "capacity": 20])
            #expect(try changed.json["state"] == "active")
            #expect(try changed.json["capacity"] == 20)

            try await plane.patch(cell: "cell-1", ["labels": ["tier": "gold", "x": "y"]])
            let patched = try await plane.patch(cell: "cell-1", ["labels": ["x": .null], "capacity": 30])
            #expect(try patched.json["labels"] == ["tier": "gold"])
            #expect(try patched.json["capacity"] == 30)

            try await plane.move(cell: "cell-1", .cordon)
            try await plane.move(cell: "cell-1", .retire)
            #expect(try plane.cell(named: "cell-1")?.state == .retired)
            let gone = try await plane.delete(cell: "cell-1")
            #expect(try gone.json == ["id": "cell-1", "deleted": true, "revision": 8, "previousRevision": 7])
            #expect(try plane.cell(named: "cell-1") == nil)
        }
    }

    @Test("what changes nothing keeps the revision, and makes no event")
    func unchanged() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let document: JSONValue = ["zone": "a", "state": "active", "labels": ["x": "y"]]
            let first = try await plane.put(cell: "cell-1", document)
            for again in [
                try await plane.put(cell: "cell-1", document),
                try await plane.put(cell: "cell-1", first.json),
                try await plane.patch(cell: "cell-1", [:]),
                try await plane.patch(cell: "cell-1", ["labels": ["x": "y"]]),
                try await plane.move(cell: "cell-1", .activate),
                try await plane.move(cell: "cell-1", .uncordon),
            ] {
                #expect(again.tag == first.tag)
                #expect(!again.created)
                #expect(try again.json["previousRevision"] == 1)
            }
            #expect(plane.last == 1)
        }
    }

    @Test("what is not there can't be patched, moved or deleted")
    func notFound() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            await refused(.notFound) { try await plane.patch(cell: "cell-1", [:]) }
            await refused(.notFound) { try await plane.move(cell: "cell-1", .cordon) }
            await refused(.notFound) { try await plane.delete(cell: "cell-1") }
            #expect(plane.last == 0)
        }
    }

    @Test("a cell with tenants is not retired, deleted, moved to another zone or made smaller than they are")
    func inUse() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "acme", ["load": 7])
            try await plane.move(cell: "cell-1", .cordon)
            let retired = await refused(.inUse) { try await plane.move(cell: "cell-1", .retire) }
            #expect(retired?.blockers.first?.message == "serves 1 tenants")
            await refused(.inUse) { try await plane.delete(cell: "cell-1") }
            await refused(.inUse) { try await plane.patch(cell: "cell-1", ["zone": "b"]) }
            await refused(.inUse) { try await plane.patch(cell: "cell-1", ["capacity": 6]) }
            try await plane.patch(cell: "cell-1", ["capacity": 7])
            try await plane.delete(tenant: "acme")
            try await plane.move(cell: "cell-1", .retire)
        }
    }

    @Test("a write does not change the state, an action does")
    func stateConflict() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.put(cell: "cell-1", ["zone": "a"])
            await refused(.stateConflict) { try await plane.patch(cell: "cell-1", ["state": "active"]) }
            await refused(.stateConflict) { try await plane.move(cell: "cell-1", .drain) }
            await refused(.stateConflict) {
                try await plane.put(cell: "cell-2", ["zone": "a", "state": "drained"])
            }
            try await plane.move(cell: "cell-1", .activate)
            try await plane.move(cell: "cell-1", .drain)
            await refused(.stateConflict) { try await plane.patch(cell: "cell-1", ["schedulable": true]) }
            try await plane.move(cell: "cell-1", .observedEmpty)
            await refused(.stateConflict) { try await plane.patch(cell: "cell-1", ["schedulable": true]) }
            try await plane.move(cell: "cell-1", .retire)
            await refused(.stateConflict) { try await plane.patch(cell: "cell-1", ["labels": ["a": "b"]]) }
            #expect(plane.last == 5)
        }
    }

    @Test("a document that is wrong names every field, and changes nothing")
    func invalid() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            let error = await refused(.invalidArgument) {
                try await plane.patch(cell: "cell-1", ["capacity": -1, "colour": "red", "zone": .null])
            }
            #expect(Set(error?.errors.map(\.field) ?? []) == ["capacity", "colour", "zone"])
            await refused(.invalidArgument) { try await plane.patch(cell: "cell-1", [1]) }
            #expect(plane.last == 1)
        }
    }
}
