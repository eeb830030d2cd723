import FakeKubernetes
import Foundation
import JSON
import Kubernetes
import Testing

@Suite struct ClusterClientTests {
    @Test("A list is gathered page by page, and belongs to one moment")
    func pages() throws {
        let cluster = FakeCluster()
        for number in 1...7 { cluster.add("cell-\(number)", images: v1, replicas: 1) }
        try cluster.run { url in
            let version = cluster.resourceVersion
            let found = try client(url).list(sets, pageItems: 3)
            #expect(found.items.compactMap { StatefulSet($0)?.name } == (1...7).map { "cell-\($0)" })
            #expect(found.resourceVersion == version)
            #expect(cluster.received.map { $0.query["limit"] } == ["3", "3", "3"])
            // A page whose moment is past.
            cluster.fail(.status(410), where: { $0.query["continue"] != nil })
            #expect(throws: KubernetesError.gone("The API server says: injected")) {
                try client(url).list(sets, pageItems: 3)
            }
        }
    }

    @Test("Pods are found by their set's selector, and told apart by their owner")
    func selects() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        cluster.add("cell-2", images: v1)
        try cluster.run { url in
            let set = try #require(cluster.set())
            let found = try client(url).list(pods, labels: set.podSelector).items.compactMap { Pod($0) }
            #expect(set.pods(of: found).map(\.name) == ["cell-1-2", "cell-1-1", "cell-1-0"])
            #expect(cluster.set("cell-2")?.pods(of: found) == [])
        }
    }

    @Test(
        "A patch says what it is and whose, and one for an older version is a conflict that changes nothing")
    func patches() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        try cluster.run { url in
            let client = try client(url)
            let before = try #require(StatefulSet(try client.get("cell-1", in: sets)))
            cluster.touch("cell-1")
            let stale = imagePatch("titan/order-service:v2", version: before.resourceVersion)
            let error = #expect(throws: KubernetesError.self) {
                try client.patch("cell-1", in: sets, stale)
            }
            guard case .conflict = error else { throw try #require(error) }
            #expect(cluster.set()?.generation == 1)

            let fresh = try #require(StatefulSet(try client.get("cell-1", in: sets)))
            let after = try #require(
                StatefulSet(
                    try client.patch(
                        "cell-1", in: sets,
                        imagePatch("titan/order-service:v2", version: fresh.resourceVersion))))
            #expect(
                after.containers.map(\.image) == ["titan/order-service:v2", "titan/payment-service:v1"])
            #expect(after.generation == 2)
            #expect(after.imageManagers == ["order-service": "titan-control-plane"])
            #expect(cluster.received.last?.contentType == "application/strategic-merge-patch+json")
        }
    }

    @Test("A deletion is of the pod that was seen, and of no later one")
    func deletes() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        try cluster.run { url in
            let client = try client(url)
            let pod = try #require(cluster.ownPods().first)
            let seen = Preconditions(uid: pod.uid, resourceVersion: pod.resourceVersion)
            try client.delete(pod.name, in: pods, seen)
            cluster.settle()
            #expect(cluster.ownPods().first?.name == pod.name)
            #expect(cluster.ownPods().first?.uid != pod.uid)
            let error = #expect(throws: KubernetesError.self) { try client.delete(pod.name, in: pods, seen) }
            guard case .conflict = error else { throw try #require(error) }
        }
    }

    @Test(
        "Each refusal is an error of its own",
        arguments: [
            (400, "invalid"), (401, "unauthorized"), (403, "forbidden"), (404, "notFound"), (409, "conflict"),
            (410, "gone"), (422, "invalid"), (429, "tooManyRequests"), (500, "unavailable"),
            (503, "unavailable"), (504, "unavailable"),
        ])
    func refusals(code: Int, name: String) throws {
        let cluster = FakeCluster()
        try cluster.run { url in
            cluster.fail(.status(code, retryAfter: 7))
            let error = try #require(throws: KubernetesError.self) {
                try client(url).get("cell-1", in: sets)
            }
            #expect(String(describing: Mirror(reflecting: error).children.first?.label ?? "") == name)
            #expect(error.message == "The API server says: injected")
            #expect(
                error.retryAfter == (["tooManyRequests", "unavailable"].contains(name) ? .seconds(7) : nil))
        }
    }

    @Test("No answer, half an answer and a proxy's page are never taken for an object")
    func noAnswer() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1)
        try cluster.run { url in
            let client = try client(url)
            cluster.fail(.drop)
            let dropped = try #require(throws: KubernetesError.self) { try client.get("cell-1", in: sets) }
            guard case .unreachable = dropped else { throw dropped }
            cluster.fail(.page)
            let page = try #require(throws: KubernetesError.self) { try client.get("cell-1", in: sets) }
            guard case .unavailable = page else { throw page }
            #expect(try client.version() == "v1.36.0")
        }
    }

    @Test("The token is read anew for each call; a missing one is told before anything is sent")
    func rotates() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, replicas: 1)
        cluster.require(tokens: ["first"])
        let file = NSTemporaryDirectory() + "kubernetes-token-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try cluster.run { url in
            let client = try client(url, tokenFile: file)
            let missing = try #require(throws: KubernetesError.self) { try client.get("cell-1", in: sets) }
            guard case .unauthorized = missing else { throw missing }
            #expect(cluster.received.isEmpty)

            try "first\n".write(toFile: file, atomically: true, encoding: .utf8)
            _ = try client.get("cell-1", in: sets)
            cluster.require(tokens: ["second"])
            let old = try #require(throws: KubernetesError.self) { try client.get("cell-1", in: sets) }
            guard case .unauthorized = old else { throw old }
            try "second".write(toFile: file, atomically: true, encoding: .utf8)
            _ = try client.get("cell-1", in: sets)

            let anonymous = try #require(throws: KubernetesError.self) {
                try ClusterClient(try ClusterAccess(server: url, identity: .none)).get("cell-1", in: sets)
            }
            guard case .forbidden = anonymous else { throw anonymous }
        }
    }
}
