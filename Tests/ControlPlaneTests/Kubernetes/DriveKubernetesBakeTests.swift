import FakeKubernetes
import JSON
import Registry
import Store
import Testing

@testable import ControlPlane

/// Cells that were ready once, and what becomes of them while they bake.
@Suite("DriveKubernetes, of cells that bake")
struct DriveKubernetesBakeTests {
    private static let bake: JSONObject = [
        "onFailure": "pause", "strategy": ["waves": ["100%"], "bakeTime": "5m"],
    ]

    /// One cell that bakes, and was looked at.
    private func baking(_ body: (KubernetesWorld, RolloutID) async throws -> Void) async throws {
        try await KubernetesWorld.with(cells: 1) { world async throws in
            let id = try await world.roll("v2", Self.bake)
            for _ in 0..<60 where try world.cell(id).state != .baking { try await world.beat() }
            try await beat(world, 3)
            try #require(try world.cell(id).state == .baking)
            try await body(world, id)
        }
    }

    /// As long as between two looks, so often.
    private func beat(_ world: KubernetesWorld, _ looks: Int) async throws {
        for _ in 0..<(looks * 5) { try await world.beat(ticks: 1) }
    }

    @Test("One that stays ready is looked at every ten seconds, and comes out well")
    func stays() async throws {
        try await baking { world, id async throws in
            world.cluster.forgetReceived()
            try await beat(world, 3)
            #expect(
                (2...4).contains(world.cluster.received.count { $0.path.hasSuffix("/statefulsets/cell-1") }))
            #expect(try await world.run(id).life.state == .succeeded)
            #expect(world.cluster.received.allSatisfy { $0.method == "GET" })
        }
    }

    @Test("A container that is started again fails its cell, by the pod's name")
    func restarts() async throws {
        try await baking { world, id async throws in
            world.cluster.restart("cell-1-1")
            #expect(try await world.run(id).life.state == .paused)
            #expect(try world.cell(id).state == .failed)
            #expect(try world.cell(id).message.contains("pod cell-1-1 were started again"))
        }
    }

    @Test("A pod that is not ready for a moment stops the bake clock, which starts anew")
    func flaps() async throws {
        try await baking { world, id async throws in
            world.cluster.setReady("cell-1-0", false)
            // The first of two may come before the kubelet has said it.
            try await beat(world, 2)
            #expect(try world.cell(id).state == .baking)
            #expect(try world.cell(id).healthySince == nil)
            world.cluster.setReady("cell-1-0", true)
            try await beat(world, 2)
            let cell = try world.cell(id)
            let (healthy, changed) = (try #require(cell.healthySince), try #require(cell.changedAt))
            #expect(healthy > changed)
            #expect(try await world.run(id).life.state == .succeeded)
        }
    }

    @Test("One that is not ready any more fails its cell")
    func fallsBack() async throws {
        try await baking { world, id async throws in
            world.cluster.setReady("cell-1-0", false)
            try await beat(world, 4)
            #expect(try world.rollout(id).life.state == .paused)
            #expect(try world.cell(id).state == .failed)
            #expect(try world.cell(id).message.contains("cell-1-0"))
        }
    }

    @Test("Somebody who sets the image back while it bakes is named")
    func setBack() async throws {
        try await baking { world, id async throws in
            world.cluster.set("order", to: "order:v1", of: "cell-1", by: "argocd-controller")
            try await beat(world, 2)
            #expect(try world.cell(id).state == .failed)
            #expect(try world.cell(id).message.contains("by argocd-controller"))
        }
    }

    @Test("While the API server is silent the bake clock stands, and nobody fails")
    func silent() async throws {
        try await baking { world, id async throws in
            world.cluster.setDown(true)
            try await beat(world, 10)
            #expect(try world.cell(id).state == .baking)
            #expect(try world.cell(id).healthySince == nil)
            world.cluster.setDown(false)
            #expect(try await world.run(id).life.state == .succeeded)
        }
    }

    @Test("The claims of a rollout that is aborted end at the next look, and not with their lease")
    func aborted() async throws {
        try await KubernetesWorld.with(cells: 2) { world async throws in
            let id = try await world.roll("v2")
            try await world.beat(ticks: 0)
            try await world.plane.change { [plane = world.plane] in
                try $0.act(.abort, on: id, at: plane.rolloutTime)
            }
            let now = world.plane.rolloutTime.steady
            let held = try world.cells(id).count { $0.isLeased(at: now) }
            #expect(held == 2)
            let before = world.cluster.received.count { $0.method == "PATCH" }
            _ = try await world.drive.step()
            let after = try world.cells(id)
            #expect(after.allSatisfy { !$0.isLeased(at: now) && $0.state == .abandoned })
            #expect(world.cluster.received.count { $0.method == "PATCH" } == before)
            // So the next rollout has them at once.
            let next = try await world.roll("v1")
            try await world.beat()
            let claimed = try world.cells(next)
            #expect(claimed.allSatisfy { $0.state == .updating })
        }
    }

    @Test("A cell of several StatefulSets has them changed one after the other, and taken back")
    func severalSets() async throws {
        try await KubernetesWorld.with(
            cells: 1,
            setUp: { cluster in
                cluster.add("orders", images: [("order", "order:v1")])
                cluster.add("payments", images: [("payment", "payment:v1")])
            }
        ) { world async throws in
            try await world.plane.patch(
                cell: "cell-1", ["annotations": ["kubernetes/statefulsets": "orders, payments"]])
            try await world.plane.change {
                try $0.putRelease(
                    ReleaseName("v3")!, ["images": ["order": "order:v3", "payment": "payment:v3"]])
            }
            let id = try await world.roll("v3")
            for _ in 0..<3 { try await world.beat(ticks: 1) }
            #expect(world.image("orders") == "order:v3" && world.image("payments") == "payment:v1")
            #expect(try await world.run(id).life.state == .succeeded)
            #expect(world.running("orders") == Array(repeating: "order:v3", count: 3))
            #expect(world.running("payments", "payment") == Array(repeating: "payment:v3", count: 3))
            #expect(world.running("cell-1") == Array(repeating: "order:v1", count: 3))
            try await world.plane.change { [plane = world.plane] in
                try $0.act(.rollBack, on: id, at: plane.rolloutTime)
            }
            #expect(try await world.run(id).life.state == .rolledBack)
            #expect(world.running("orders") == Array(repeating: "order:v1", count: 3))
            #expect(world.running("payments", "payment") == Array(repeating: "payment:v1", count: 3))
        }
    }
}

extension KubernetesWorld {
    /// Of the first container of a set, as it is to be.
    fileprivate func image(_ set: String) -> String? {
        cluster.statefulSet(set)?["spec"]?["template"]?["spec"]?["containers"]?[0]?["image"]?.string
    }
}
