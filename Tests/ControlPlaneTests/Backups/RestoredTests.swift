import Foundation
import JSON
import ObjectStorage
import Registry
import Store
import Testing

@testable import ControlPlane

/// What was under way when the backup was made: stopped, and nothing of it acted upon.
@Suite struct RestoredTests {
    @Test(
        "a batch is ended wherever it stood, and its tenants are whole on one cell",
        arguments: [
            BatchState.planned, .preparing, .copying, .announced, .freezing, .cutover, .confirming,
            .reversible,
        ])
    func batches(_ state: BatchState) async throws {
        let world = try BackupWorld()
        let fleet = try await MovingFleet()
        try await fleet.migrate(window: "1h")
        if state != .planned { try await fleet.step(until: state) }
        _ = try world.backUp(fleet.plane)
        let before = try fleet.tenants()

        let result = try await world.restore()
        try await world.restored { plane in
            let isOver = state == .reversible
            let operations = try plane.store.read {
                try $0.operations(OperationFilter(), before: .max, limit: 9)
            }
            let operation = try #require(operations.first)
            if !isOver || !result.effects.operations.isEmpty {
                #expect(result.effects.operations == [operation.id])
                #expect(operation.life.state == .failed && operation.blockers.map(\.kind) == ["restore"])
                #expect(operation.completed + operation.failed == operation.total)
            }
            let batches = try plane.store.read { try $0.batches(of: operation, limit: 9) }
            let open = batches.map(\.state).filter { !$0.isEnded }
            #expect(open == [])
            for (id, tenant) in before {
                let found = try plane.store.read { try $0.tenant(id) }
                let now = try #require(found?.tenant)
                #expect(now.state == .serving && now.cell == tenant.cell && now.epoch == tenant.epoch)
                let mover = try plane.store.read { try $0.mover(of: id) }
                #expect(mover == nil)
            }
            // No reconciler finds anything to do: no mover is called, nothing moves.
            for reconciler in Reconcilers.all(of: plane) { _ = try await reconciler.step() }
            let underWay = try plane.store.read { try $0.operationsUnderWay() }
            #expect(underWay == [])
            let problems = try plane.store.problems().flatMap(\.problems)
            #expect(problems == [])
        }
    }

    @Test func aCutoverWaitsForGatewaysThatNobodyKnowsUntilTheyAreSaidToBeGone() async throws {
        let world = try BackupWorld()
        try await world.temporary { plane in
            try await plane.addCells(2)
            _ = try world.backUp(plane)
        }
        let unknown = try await world.restore().effects.unknownGateways
        try await world.restored { plane in
            let barrier = Barrier(gateways: plane.barrierGateways(), seal: nil)
            guard
                case .waiting(let blockers) = barrier.isHeld(
                    announced: Revision(rawValue: 1), frozen: Revision(rawValue: 2))
            else {
                Issue.record("nobody waits for gateways that may be there")
                return
            }
            #expect(blockers.map(\.id) == [unknown])
            _ = try await plane.change { try $0.deleteGateway(unknown) }
            let after = Barrier(gateways: plane.barrierGateways(), seal: nil)
            #expect(
                after.isHeld(announced: Revision(rawValue: 1), frozen: Revision(rawValue: 2))
                    == .held(.gateways))
        }
    }

    @Test func noFencingTokenComesTwice() async throws {
        let world = try BackupWorld()
        try await world.temporary { plane in
            _ = try world.backUp(plane)
            let given = try await plane.store.write(as: How().request.context) { try $0.nextFencingToken() }
            try await world.restore()
            try await world.restored { restored in
                let next = try await restored.store.write(as: How().request.context) {
                    try $0.nextFencingToken()
                }
                #expect(next.rawValue > given.rawValue + 1_000_000_000)
            }
        }
    }

    @Test func tokensComeBackUnlessTheyAreRevoked() async throws {
        let world = try BackupWorld()
        let secret = TokenSecret.random()
        try await world.temporary { plane in
            try await plane.store.write(as: How().request.context) {
                _ = try $0.insert(Principal(name: "admin", role: .admin), hash: secret.hash)
            }
            _ = try world.backUp(plane)
        }
        let file = URL(fileURLWithPath: world.target + "/admin-token")
        try Data((secret.text + "\n").utf8).write(to: file)
        let first = try await world.restore()
        #expect(first.adminTokenWorks)
        try await world.restored { plane in
            let tokens = try plane.tokenRecords()
            #expect(tokens.count == 1)
        }
        let revoked = try await world.restore(replaces: true, revokesTokens: true)
        #expect(revoked.effects.tokensRevoked == 1 && !revoked.adminTokenWorks)
        #expect(!FileManager.default.fileExists(atPath: file.path))
        try await world.restored { plane in
            let tokens = try plane.tokenRecords()
            #expect(tokens.isEmpty)
        }
    }
}
