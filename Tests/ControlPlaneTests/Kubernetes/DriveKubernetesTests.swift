import FakeKubernetes
import JSON
import Kubernetes
import Registry
import Store
import Synchronization
import Testing

@testable import ControlPlane

@Suite("DriveKubernetes")
struct DriveKubernetesTests {
    private let waves: JSONObject = ["strategy": ["waves": [1, "100%"], "bakeTime": "1s"]]

    @Test("A release is brought to every cell, wave by wave, and each pod runs it at the end")
    func succeeds() async throws {
        try await KubernetesWorld.with(cells: 4) { world in
            let id = try await world.roll("v2", waves)
            try await world.beat()
            #expect(try world.cells(id).filter { $0.state == .updating }.count == 1)
            #expect(try await world.run(id).life.state == .succeeded)
            for number in 1...4 {
                #expect(world.running("cell-\(number)") == Array(repeating: "order:v2", count: 3))
                #expect(
                    world.running("cell-\(number)", "payment") == Array(repeating: "payment:v1", count: 3))
            }
            // Once each, whatever was read in between.
            #expect(world.cluster.received.count { $0.method == "PATCH" } == 4)
            #expect(!world.cluster.received.contains { $0.method == "DELETE" })
        }
    }

    @Test("What a cell really ran is kept before it is changed, not what its document says")
    func recordsBefore() async throws {
        try await KubernetesWorld.with(
            cells: 1, setUp: { $0.set("order", to: "order:hotfix", of: "cell-1", by: "kubectl") }
        ) { world in
            try await world.plane.patch(cell: "cell-1", ["images": ["order": "order:v1"]])
            let id = try await world.roll("v2")
            try await world.beat()
            #expect(try world.cell(id).before?.services["order"] == ServiceVersion(image: "order:hotfix"))
            #expect(try await world.run(id).life.state == .succeeded)
            try await world.plane.change { [plane = world.plane] in
                try $0.act(.rollBack, on: id, at: plane.rolloutTime)
            }
            #expect(try await world.run(id).life.state == .rolledBack)
            #expect(world.running() == Array(repeating: "order:hotfix", count: 3))
        }
    }

    @Test(
        "A broken image fails with its cause, and is taken back, the stuck pod deleted",
        arguments: [("v2-crashing", "CrashLoopBackOff"), ("v2-missing", "ImagePull")])
    func takesBack(release: String, cause: String) async throws {
        try await KubernetesWorld.with(cells: 3) { world in
            let id = try await world.roll(release, waves)
            let rollout = try await world.run(id)
            #expect(rollout.life.state == .rolledBack)
            #expect(rollout.cause != nil)
            for number in 1...3 {
                #expect(world.running("cell-\(number)") == Array(repeating: "order:v1", count: 3))
            }
            #expect(world.cluster.received.count { $0.method == "DELETE" } == 1)
            let log = try world.plane.store.read { try $0.log(of: rollout) }
            #expect(log.contains { $0.message.contains(cause) && $0.message.contains("cell-1-2") })
        }
    }

    @Test("A stall without a named failure is late at the progress deadline, and is taken back")
    func stalls() async throws {
        try await KubernetesWorld.with(cells: 1) { world in
            let id = try await world.roll(
                "v2-unready", ["strategy": ["bakeTime": "1s", "progressDeadline": "60s"]])
            for _ in 0..<20 { try await world.beat() }
            #expect(try world.cell(id).state == .updating)
            #expect(try world.cell(id).message.contains("not ready"))
            #expect(try await world.run(id).life.state == .rolledBack)
            #expect(world.running() == Array(repeating: "order:v1", count: 3))
        }
    }

    @Test("Conflicts, refusals for a while, lost answers and a restart of the API server cost time alone")
    func enduresTrouble() async throws {
        try await KubernetesWorld.with(cells: 2) { world in
            let id = try await world.roll("v2")
            world.cluster.fail(.status(409), times: 2, where: { $0.method == "PATCH" })
            world.cluster.fail(.dropAfter, times: 1, where: { $0.method == "PATCH" })
            world.cluster.fail(.status(429, retryAfter: 3), times: 2, where: { $0.path.hasSuffix("/cell-2") })
            world.cluster.fail(.page, times: 2, where: { $0.path.hasSuffix("/pods") })
            for _ in 0..<4 { try await world.beat() }
            world.cluster.setDown(true)
            for _ in 0..<10 { try await world.beat() }
            #expect(try world.cells(id).allSatisfy { $0.state == .updating })
            world.cluster.setDown(false)
            #expect(try await world.run(id).life.state == .succeeded)
            #expect(world.running("cell-2") == Array(repeating: "order:v2", count: 3))
        }
    }

    @Test(
        "An API server that is gone for as long as a lease makes the cell unreachable; none is claimed meanwhile"
    )
    func unreachable() async throws {
        try await KubernetesWorld.with(cells: 2) { world in
            let id = try await world.roll(
                "v2",
                [
                    "onFailure": "pause",
                    "strategy": ["waves": [1, "100%"], "bakeTime": "1s", "progressDeadline": "10m"],
                ])
            try await world.beat()
            world.cluster.setDown(true)
            let rollout = try await world.run(id)
            #expect(rollout.life.state == .paused)
            #expect(try world.cell(id, "cell-1").state == .unreachable)
            #expect(try world.cell(id, "cell-2").attempt == 0)
        }
    }

    @Test(
        "A write between the read and the patch is seen: nothing is patched on a belief that is out of date")
    func writesBetween() async throws {
        try await KubernetesWorld.with(cells: 1) { world in
            let id = try await world.roll("v2")
            let cluster = world.cluster
            cluster.beforePatch {
                cluster.beforePatch(nil)
                cluster.set("order", to: "order:hotfix", of: "cell-1", by: "kubectl")
            }
            try await world.beat()
            try await world.beat()
            #expect(try world.cell(id).before?.services["order"]?.image == "order:hotfix")
            #expect(try await world.run(id).life.state == .succeeded)
        }
    }

    @Test("Somebody who sets the image back is named, not fought with")
    func setBack() async throws {
        try await KubernetesWorld.with(cells: 1) { world in
            let id = try await world.roll("v2", ["onFailure": "pause"])
            try await world.beat()
            world.cluster.set("order", to: "order:v1", of: "cell-1", by: "argocd-controller")
            #expect(try await world.run(id).life.state == .paused)
            #expect(try world.cell(id).message.contains("by argocd-controller"))
            #expect(world.cluster.received.count { $0.method == "PATCH" } == 1)
        }
    }

    @Test(
        "A process that dies at any call, before or after it took effect, is taken up by the next, which repeats no harm",
        arguments: 1...14, [false, true])
    func diesAnywhere(calls: Int, isDone: Bool) async throws {
        try await KubernetesWorld.with(cells: 1) { world in
            let (cluster, id) = (world.cluster, try await world.roll("v2"))
            // From that call on nothing reaches this process any more.
            let cut = Mutex((calls: 0, isOn: true))
            cluster.fail(isDone ? .dropAfter : .drop, times: 1_000) { _ in
                cut.withLock { cut in
                    cut.calls += 1
                    return cut.isOn && cut.calls >= calls
                }
            }
            while cut.withLock({ $0.calls < calls }) { try await world.beat(ticks: 1) }
            cut.withLock { $0.isOn = false }
            let access = try #require(world.plane.cluster).executor.client.access
            let next = try ControlPlane(
                store: world.plane.store, clock: world.time.clock,
                kubernetes: try KubernetesSettings(access: access, namespace: "titan-cells"))
            let after = KubernetesWorld(plane: next, cluster: cluster, time: world.time)
            #expect(try await after.run(id).life.state == .succeeded)
            #expect(after.running() == Array(repeating: "order:v2", count: 3))
            #expect(cluster.statefulSet("cell-1")?["metadata"]?["generation"]?.integer == 2)
            #expect(try after.cell(id).before?.services["order"]?.image == "order:v1")
        }
    }

    @Test("What can't be rolled out fails before anything is changed, and says why")
    func objections() async throws {
        try await KubernetesWorld.with(
            cells: 4,
            setUp: { cluster in
                cluster.edit("cell-1", ["spec": ["updateStrategy": ["type": "OnDelete"]]])
                cluster.edit("cell-2", ["spec": ["updateStrategy": ["rollingUpdate": ["partition": 1]]]])
                cluster.removeSet("cell-3")
                cluster.edit("cell-4", ["spec": ["replicas": 0]])
                cluster.settle()
            }
        ) { world in
            let id = try await world.roll("v2", ["onFailure": "pause"])
            #expect(try await world.run(id).life.state == .paused)
            let words = ["OnDelete", "partition", "There is no StatefulSet", "scaled to 0"]
            for (number, word) in zip(1...4, words) {
                #expect(try world.cell(id, "cell-\(number)").message.contains(word))
            }
            #expect(!world.cluster.received.contains { $0.method == "PATCH" })
        }
    }

    @Test("A rollback in the middle takes the claims back at once, and leaves what was never changed alone")
    func rollsBackInTheMiddle() async throws {
        try await KubernetesWorld.with(cells: 2) { world in
            let id = try await world.roll("v2", waves)
            for _ in 0..<2 { try await world.beat(ticks: 1) }
            try await world.plane.change { [plane = world.plane] in
                try $0.act(.rollBack, on: id, at: plane.rolloutTime)
            }
            try await world.beat()
            try await world.beat()
            #expect(try world.cell(id).state == .rollingBack)
            #expect(try await world.run(id).life.state == .rolledBack)
            #expect(world.running() == Array(repeating: "order:v1", count: 3))
            #expect(world.cluster.statefulSet("cell-2")?["metadata"]?["generation"]?.integer == 1)
        }
    }

    @Test("A server without a cluster refuses such a rollout, and scripts can't claim its cells")
    func refuses() async throws {
        try await TemporaryControlPlane.withPlane { plane in
            let error = #expect(throws: RegistryError.self) { try plane.check(.kubernetes) }
            #expect(error?.nextSteps.first?.contains("--kubernetes") == true)
            #expect(throws: Never.self) { try plane.check(.external) }
        }
        try await KubernetesWorld.with(cells: 1) { world in
            let id = try await world.roll("v2")
            await #expect(throws: RegistryError.self) {
                try await world.plane.change { [plane = world.plane] in
                    try $0.claim(ClaimRequest(worker: "script"), of: id, at: plane.rolloutTime)
                }
            }
        }
    }
}
