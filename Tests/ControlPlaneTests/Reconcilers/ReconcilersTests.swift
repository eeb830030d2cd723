import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("Reconcilers")
struct ReconcilersTests {
    @Test("every reconciler has a name of its own, and does nothing where nothing is to be done")
    func idle() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let all = Reconcilers.all(of: plane)
            #expect(Set(all.map(\.name)).count == all.count)
            for reconciler in all {
                #expect(reconciler.period > .zero)
                let first = try await reconciler.step()
                #expect(try await reconciler.step() == first)
            }
            #expect(plane.last == 0)
        }
    }

    @Test("contacts are written behind: once, and again only where there is news")
    func contacts() async throws {
        try await TemporaryControlPlane.with { temporary in
            let tag = try await temporary.withPlane { plane in
                for id in ["a", "b"] { try await plane.registerGateway(id, applied: nil) }
                let reconciler = SaveGatewayContacts(controlPlane: plane)
                temporary.time.advance(.seconds(10))
                let tag = plane.routing.current.tag
                #expect(plane.gateways.contact("a", applied: tag))
                #expect(try plane.store.read { try $0.gateway("a")?.applied } == nil)
                #expect(try await reconciler.step() == "saved 1 gateways")
                #expect(try await reconciler.step() == "nothing to save")
                #expect(try plane.store.read { try $0.gateway("a")?.applied } == tag)
                #expect(try plane.store.read { try $0.gateway("a")?.contactAt } == temporary.time.clock.now())
                // Heard of, and not written when the process ends.
                #expect(plane.gateways.contact("b", applied: tag))
                return tag
            }
            try await temporary.withPlane { plane in
                #expect(plane.gateways.view(of: "a")?.record.applied == tag)
                #expect(plane.gateways.view(of: "b")?.record.applied == nil)
                #expect(plane.gateways.view(of: "b")?.isLive == true)
                let report = try await SaveGatewayContacts(controlPlane: plane).step()
                #expect(report == "nothing to save")
            }
        }
    }

    @Test("a gateway that left between the reading and the writing stays away")
    func leftMeanwhile() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            try await plane.registerGateway("gone", applied: nil)
            #expect(plane.gateways.contact("gone", applied: nil))
            // Its row is gone, and memory has not heard of it yet.
            try await plane.change(How()) { try $0.deleteGateway("gone") }
            plane.gateways.beginRegistering("gone")
            plane.gateways.add(
                GatewayRecord(
                    id: "gone", registeredAt: Timestamp(rawValue: 1), contactAt: Timestamp(rawValue: 1)),
                registering: "gone")
            #expect(plane.gateways.contact("gone", applied: nil))
            _ = try await SaveGatewayContacts(controlPlane: plane).step()
            #expect(try plane.store.read { try $0.gateways() } == [])
        }
    }

    @Test("kept answers go when nobody may ask for them any more")
    func answers() async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                let key = IdempotencyKey(principal: "p", key: "k", parts: [])
                try await plane.put(cell: "cell-1", ["zone": "a"], How(key: key))
                let reconciler = DeleteExpiredAnswers(controlPlane: plane)
                temporary.time.advance(Limits.idempotencyKeyLifetime - .milliseconds(1))
                #expect(try await reconciler.step() == "deleted 0 answers")
                temporary.time.advance(.milliseconds(1))
                #expect(try await reconciler.step() == "deleted 1 answers")
                #expect(try await reconciler.step() == "deleted 0 answers")
            }
        }
    }
}
