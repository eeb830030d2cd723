import JSON
import Registry
import Testing

@testable import ControlPlane

@Suite("Reverting changes")
struct RevertTests {
    @Test("a change is undone, and what was done to other members since stays")
    func members() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 10)
            try await plane.patch(cell: "cell-1", ["capacity": 20])
            try await plane.patch(cell: "cell-1", ["labels": ["a": "b"]])
            let answer = try await plane.revert(2)
            #expect(try answer.json["capacity"] == 10)
            #expect(try answer.json["labels"] == ["a": "b"])
            // A revert is a change, and so can be reverted.
            try await plane.revert(4)
            #expect(try plane.cell(named: "cell-1")?.capacity == 20)
        }
    }

    @Test("what was made is deleted, and what was deleted is made again")
    func cells() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.put(cell: "cell-1", ["zone": "a", "labels": ["a": "b"]])
            try await plane.delete(cell: "cell-1")
            try await plane.revert(2)
            #expect(try plane.cell(named: "cell-1")?.labels == ["a": "b"])
            #expect(try await plane.revert(3).json["deleted"] == true)
            #expect(try plane.cell(named: "cell-1") == nil)
        }
    }

    @Test("a cell's life goes back where the state machine has a way")
    func life() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.move(cell: "cell-1", .cordon)
            try await plane.revert(2)
            #expect(try plane.cell(named: "cell-1")?.schedulable == true)
            try await plane.move(cell: "cell-1", .drain)
            try await plane.revert(4)
            #expect(try plane.cell(named: "cell-1")?.state == .active)
            try await plane.move(cell: "cell-1", .cordon)
            try await plane.move(cell: "cell-1", .retire)
            await refused(.stateConflict) { try await plane.revert(7) }
            try await plane.put(cell: "cell-2", ["zone": "a"])
            try await plane.move(cell: "cell-2", .activate)
            await refused(.stateConflict) { try await plane.revert(9) }
        }
    }

    @Test("a write that cordoned a cell and did more is undone whole")
    func cordonAndMore() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 10)
            try await plane.patch(
                cell: "cell-1", ["schedulable": false, "capacity": 20, "labels": ["a": "b"]])
            try await plane.revert(2)
            let cell = try plane.cell(named: "cell-1")
            #expect(cell?.schedulable == true)
            #expect(cell?.capacity == 10)
            #expect(cell?.labels == [:])
        }
    }

    @Test("a tenant comes back with its hosts and the next epoch, and goes again")
    func tenants() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(2)
            try await plane.put(tenant: "acme", ["cell": "cell-2", "hosts": ["a.com"], "load": 3])
            try await plane.patch(tenant: "acme", ["hosts": ["b.com"], "load": 4])
            try await plane.revert(4)
            #expect(try plane.tenant(named: "acme")?.hosts == ["a.com"])
            #expect(try plane.tenant(named: "acme")?.load == 3)
            try await plane.delete(tenant: "acme")
            try await plane.revert(6)
            let back = try plane.tenant(named: "acme")
            #expect(back?.cell.rawValue == "cell-2")
            #expect(back?.hosts == ["a.com"])
            #expect(back?.epoch.rawValue == 2)
            try await plane.revert(7)
            #expect(try plane.tenant(named: "acme") == nil)
        }
    }

    @Test("a suspension is undone by resuming")
    func states() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "acme")
            try await plane.move(tenant: "acme", .suspend)
            try await plane.revert(3)
            #expect(try plane.tenant(named: "acme")?.state == .serving)
            try await plane.revert(4)
            #expect(try plane.tenant(named: "acme")?.state == .suspended)
        }
    }

    @Test("a change that later ones stand on is not undone, and they are named")
    func conflicts() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 10)
            try await plane.patch(cell: "cell-1", ["capacity": 20])
            try await plane.patch(cell: "cell-1", ["labels": ["a": "b"]])
            try await plane.patch(cell: "cell-1", ["capacity": 30], How(by: "ann", operation: "patchCell"))
            let error = await refused(.revertConflict) { try await plane.revert(2) }
            #expect(error?.blockers.map(\.kind) == ["change"])
            #expect(error?.blockers.map(\.id) == ["4"])
            #expect(error?.blockers.first?.message.hasPrefix("patchCell by ann at 2026-") == true)
            // What made it has all that came since standing on it.
            let made = await refused(.revertConflict) { try await plane.revert(1) }
            #expect(made?.blockers.map(\.id) == ["2", "3", "4"])
            try await plane.revert(4)
            await refused(.revertConflict) { try await plane.revert(4) }
        }
    }

    @Test("a change of what is gone is not undone")
    func gone() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1)
            try await plane.put(tenant: "acme")
            try await plane.patch(tenant: "acme", ["load": 5])
            try await plane.delete(tenant: "acme")
            let error = await refused(.revertConflict) { try await plane.revert(3) }
            #expect(error?.blockers.map(\.id) == ["4"])
            // Nor a deletion, once the name is taken again.
            try await plane.put(tenant: "acme")
            await refused(.revertConflict) { try await plane.revert(4) }
        }
    }

    @Test("the rules hold on the way back too")
    func rules() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.addCells(1, capacity: 5)
            try await plane.patch(cell: "cell-1", ["capacity": 10])
            try await plane.put(tenant: "acme", ["hosts": ["a.com"], "load": 8])
            await refused(.inUse) { try await plane.revert(2) }
            try await plane.patch(tenant: "acme", ["hosts": []])
            try await plane.put(tenant: "other", ["hosts": ["a.com"]])
            let error = await refused(.hostTaken) { try await plane.revert(4) }
            #expect(error?.blockers.map(\.id) == ["other"])
        }
    }

    @Test("tokens and gateways are not reverted, and what never was can't be")
    func others() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.change(How()) {
                try $0.createToken(TokenRequest(name: "t", role: .viewer))
            }
            try await plane.registerGateway("gw", applied: nil)
            try await plane.change(How()) { try $0.deleteGateway("gw") }
            await refused(.stateConflict) { try await plane.revert(1) }
            await refused(.stateConflict) { try await plane.revert(2) }
            for revision: Int64 in [0, -1, 3, .max] {
                await refused(.notFound) { try await plane.revert(revision) }
            }
        }
    }
}
