import FakeKubernetes
import JSON
import Kubernetes
import Testing

@Suite struct RolloutStatusTests {
    @Test("Right after a patch the status is of the generation before, and nothing is done")
    func oldStatus() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        #expect(cluster.set()?.rolloutStatus == .done)
        cluster.set("order-service", to: "titan/order-service:v2", of: "cell-1", by: "test")
        let set = try #require(cluster.set())
        #expect(set.generation == 2)
        #expect((set.status.ready, set.status.updated) == (3, 3))
        #expect(set.rolloutStatus == .unseen)
        #expect(set.stuckPods(among: cluster.ownPods()) == [])
        #expect(set.troubles(among: cluster.ownPods()) == [])
    }

    @Test(
        "It rolls from the highest pod down and is done only when each is updated and ready",
        arguments: [false, true])
    func rolls(isParallel: Bool) throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, podManagement: isParallel ? "Parallel" : "OrderedReady")
        cluster.set("order-service", to: "titan/order-service:v2", of: "cell-1", by: "test")
        var seen: [RolloutStatus] = []
        for _ in 0..<30 {
            cluster.tick()
            let set = try #require(cluster.set())
            let isWhole = cluster.ownPods().allSatisfy { $0.isReady && set.isUpdated($0) }
            #expect((set.rolloutStatus == .done) == (isWhole && set.status.ready == 3))
            seen.append(set.rolloutStatus)
        }
        #expect(seen.first == .rolling)
        #expect(seen.last == .done)
    }

    @Test("Counts that are absent are zero")
    func absent() throws {
        let set = try #require(
            StatefulSet([
                "metadata": ["name": "a", "uid": "u", "resourceVersion": "1", "generation": 1],
                "spec": ["template": ["spec": ["containers": []]]],
                "status": [
                    "replicas": 0, "observedGeneration": 1, "currentRevision": "a", "updateRevision": "a",
                ],
            ]))
        #expect(set.replicas == 1)
        #expect((set.status.ready, set.status.updated, set.status.available) == (0, 0, 0))
        #expect(set.rolloutStatus == .rolling)
        #expect(StatefulSet(["kind": "Status"]) == nil)
    }

    @Test(
        "A broken image stalls at two ready and one updated, with its cause by name",
        arguments: [
            ("crashing", "CrashLoopBackOff, Error with exit code 1, 2 restarts"),
            ("missing", "ImagePullBackOff"),
            ("unready", "runs and is not ready"), ("stalling", "ContainerCreating"),
        ])
    func stalls(kind: String, words: String) throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        cluster.set("order-service", to: "titan/order-service:v2-\(kind)", of: "cell-1", by: "test")
        cluster.settle()
        let set = try #require(cluster.set())
        #expect(set.rolloutStatus == .rolling)
        #expect((set.status.ready, set.status.updated) == (2, 1))
        let trouble = try #require(set.troubles(among: cluster.ownPods()).first)
        #expect(trouble.pod == "cell-1-2")
        #expect(trouble.container == "order-service")
        #expect(trouble.message.contains(words))
        #expect(trouble.weight == (["crashing", "missing"].contains(kind) ? .failing : .waiting))
        // The broken pod is of the newest template: it bars nobody's way.
        #expect(set.stuckPods(among: cluster.ownPods()) == [])
    }

    @Test(
        "An ordered set hangs on its broken pod when it is taken back, until that is deleted; a parallel one does not"
    )
    func takesBack() throws {
        for management in ["OrderedReady", "Parallel"] {
            let cluster = FakeCluster()
            cluster.add("cell-1", images: v1, podManagement: management)
            cluster.set("order-service", to: "titan/order-service:v2-crashing", of: "cell-1", by: "test")
            cluster.settle()
            cluster.set("order-service", to: "titan/order-service:v1", of: "cell-1", by: "test")
            cluster.settle()
            let set = try #require(cluster.set())
            #expect(set.status.updateRevision == set.status.currentRevision)
            guard management == "OrderedReady" else {
                #expect(set.rolloutStatus == .done)
                continue
            }
            #expect(set.rolloutStatus == .rolling)
            #expect(set.stuckPods(among: cluster.ownPods()).map(\.name) == ["cell-1-2"])
            try cluster.run { url in
                let pod = try #require(set.stuckPods(among: cluster.ownPods()).first)
                try client(url).delete(
                    pod.name, in: pods, Preconditions(uid: pod.uid, resourceVersion: pod.resourceVersion))
            }
            // It leaves already.
            #expect(set.stuckPods(among: cluster.ownPods()) == [])
            cluster.settle()
            #expect(cluster.set()?.rolloutStatus == .done)
        }
    }

    @Test("A set that would never be rolled out, or show nothing, says why")
    func held() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, strategy: ["type": "OnDelete"])
        cluster.add(
            "cell-2", images: v1, strategy: ["type": "RollingUpdate", "rollingUpdate": ["partition": 2]])
        cluster.add("cell-3", images: v1, replicas: 0)
        cluster.add("cell-4", images: v1)
        cluster.edit("cell-4", ["metadata": ["deletionTimestamp": "2026-01-01T00:00:00Z"]])
        let reasons = (1...4).map { number -> String in
            guard case .held(let reason)? = cluster.set("cell-\(number)")?.rolloutStatus else {
                return "not held"
            }
            return reason
        }
        #expect(
            reasons.map { $0.split(separator: " ").dropFirst().prefix(3).joined(separator: " ") } == [
                "has the update", "has the partition", "is scaled to", "is being deleted",
            ])
    }

    @Test("With minReadySeconds a pod counts only once it has been ready for that long")
    func available() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, minReadySeconds: 30)
        #expect(cluster.set()?.rolloutStatus == .done)
        cluster.edit("cell-1", ["status": ["availableReplicas": .null]])
        #expect(cluster.set()?.rolloutStatus == .rolling)
    }

    @Test("The one who has set an image last is known by name")
    func managers() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        cluster.set("order-service", to: "titan/order-service:v2", of: "cell-1", by: "titan-control-plane")
        cluster.set(
            "payment-service", to: "titan/payment-service:v2", of: "cell-1", by: "titan-control-plane")
        cluster.set("order-service", to: "titan/order-service:v1", of: "cell-1", by: "argocd-controller")
        #expect(
            cluster.set()?.imageManagers
                == ["order-service": "argocd-controller", "payment-service": "titan-control-plane"])
    }
}
