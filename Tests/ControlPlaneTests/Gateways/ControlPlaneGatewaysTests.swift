import Registry
import Store
import Testing

@testable import ControlPlane

@Suite("Gateways of the control plane")
struct ControlPlaneGatewaysTests {
    @Test("a gateway is on the list from its registration to its leaving, across a restart")
    func life() async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                try await plane.registerGateway("gw", applied: plane.routing.current.tag)
                #expect(plane.gateways.views().map(\.record.id) == ["gw"])
                #expect(plane.last == 0)
            }
            temporary.time.advance(.seconds(86_400))
            try await temporary.withPlane { plane in
                #expect(plane.gateways.view(of: "gw")?.isLive == true)
                #expect(plane.gateways.view(of: "gw")?.record.applied == plane.routing.current.tag)
                try await plane.change(How()) { try $0.deleteGateway("gw") }
                #expect(plane.gateways.count == 0)
                await refused(.notFound) { try await plane.change(How()) { try $0.deleteGateway("gw") } }
            }
            try await temporary.withPlane { plane in
                let count = plane.gateways.count
                #expect(count == 0)
            }
        }
    }

    @Test("one that leaves while its registration is on its way to memory is on no list")
    func leavesMeanwhile() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let now = plane.clock.now()
            let record = GatewayRecord(id: "gw", registeredAt: now, contactAt: now)
            plane.gateways.beginRegistering("gw")
            try await plane.store.write(as: How().request.context) { try $0.save(record) }
            try await plane.change(How()) { try $0.deleteGateway("gw") }
            #expect(!plane.gateways.add(record, registering: "gw"))
            #expect(plane.gateways.count == 0)
            // The next time that it comes it is as new.
            try await plane.registerGateway("gw", applied: nil)
            #expect(plane.gateways.count == 1)
        }
    }

    @Test("a revision has converged once every live gateway has it")
    func convergence() async throws {
        try await TemporaryControlPlane.with { temporary in
            try await temporary.withPlane { plane in
                try await plane.addCells(1)
                let tag = plane.routing.current.tag
                #expect(plane.convergence(at: tag).isConverged)
                for id in ["a", "b", "c"] { try await plane.registerGateway(id, applied: nil) }
                #expect(plane.gateways.contact("a", applied: tag))
                func names() -> [[String]] {
                    let found = plane.convergence(at: tag)
                    return [found.applied, found.waiting, found.expired].map { $0.map(\.record.id) }
                }
                #expect(names() == [["a"], ["b", "c"], []])
                temporary.time.advance(Limits.leaseDuration - .seconds(1))
                #expect(plane.gateways.contact("b", applied: tag))
                temporary.time.advance(.seconds(1))
                // a had it and is silent, b has it, c never said so.
                #expect(names() == [["b"], [], ["c"]])
                #expect(plane.convergence(at: tag).isConverged)
                try await plane.put(tenant: "t")
                #expect(!plane.convergence(at: plane.routing.current.tag).isConverged)
            }
        }
    }
}
