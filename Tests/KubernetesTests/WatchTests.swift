import FakeKubernetes
import JSON
import Kubernetes
import Testing

@Suite struct WatchTests {
    @Test("A watch tells what has changed since a version, in order, however the stream is cut")
    func tells() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, replicas: 1)
        try cluster.run { url in
            var version = cluster.resourceVersion
            cluster.add("cell-2", images: v1, replicas: 1)
            cluster.touch("cell-1")
            cluster.removeSet("cell-2")
            var told: [String] = []
            try client(url).watch(sets, from: &version, seconds: 30) { event in
                told.append("\(event.kind.rawValue) \(event.object["metadata"]?["name"]?.string ?? "")")
                return event.kind == .deleted
            }
            #expect(told.first == "ADDED cell-2")
            #expect(told.suffix(2) == ["MODIFIED cell-1", "DELETED cell-2"])
            #expect(version == cluster.resourceVersion)
        }
    }

    @Test("A change while it is watched is told at once")
    func tellsLive() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, replicas: 1)
        try cluster.run { url in
            var version = cluster.resourceVersion
            // The first event, which is there already, is what makes the second.
            cluster.touch("cell-1")
            var count = 0
            try client(url).watch(sets, from: &version, seconds: 30) { _ in
                count += 1
                if count == 1 { cluster.touch("cell-1") }
                return count == 2
            }
            #expect(count == 2)
        }
    }

    @Test("A watch that ends has moved its version on by a bookmark, past changes of other kinds")
    func bookmarks() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, replicas: 1)
        try cluster.run { url in
            var version = "\(Int(cluster.resourceVersion)!)"
            cluster.compact()
            try client(url).watch(sets, from: &version, seconds: 0) { _ in true }
            #expect(version == cluster.resourceVersion)
            #expect(cluster.received.last?.query["allowWatchBookmarks"] == "true")
        }
    }

    @Test("A version that is too old is told inside of a 200, and is gone")
    func gone() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, replicas: 1)
        try cluster.run { url in
            var version = "1"
            cluster.compact()
            let error = try #require(throws: KubernetesError.self) {
                try client(url).watch(sets, from: &version, seconds: 30) { _ in true }
            }
            guard case .gone(let message) = error else { throw error }
            #expect(message.contains("too old resource version"))
            #expect(version == "1")
        }
    }

    @Test("A watch of a server that goes away ends, and can be taken up where it was")
    func takesUp() throws {
        let cluster = FakeCluster()
        cluster.add("cell-1", images: v1, replicas: 1)
        try cluster.run { url in
            let client = try client(url)
            var version = cluster.resourceVersion
            cluster.touch("cell-1")
            var count = 0
            try client.watch(sets, from: &version, seconds: 30) { _ in
                count += 1
                cluster.setDown(true)
                return false
            }
            #expect(count == 1)
            let seen = version
            let down = try #require(throws: KubernetesError.self) {
                try client.watch(sets, from: &version, seconds: 30) { _ in true }
            }
            guard case .unreachable = down else { throw down }
            #expect(version == seen)
            cluster.setDown(false)
            cluster.touch("cell-1")
            try client.watch(sets, from: &version, seconds: 30) { _ in
                count += 1
                return true
            }
            #expect(count == 2)
        }
    }
}
