import FakeKubernetes
import JSON
import Kubernetes
import Registry
import Store
import Testing

@testable import ControlPlane

/// A control plane whose cells are in a fake cluster, and the hands that move both.
struct KubernetesWorld: Sendable {
    let plane: ControlPlane
    let cluster: FakeCluster
    let time: ManualClock

    /// Cells `cell-1` … in as many StatefulSets, on the image v1.
    static func with(
        cells: Int, setUp: (FakeCluster) -> Void = { _ in }, _ body: (KubernetesWorld) async throws -> Void
    ) async throws {
        let cluster = FakeCluster()
        for number in 1...cells {
            cluster.add("cell-\(number)", images: [("order", "order:v1"), ("payment", "payment:v1")])
        }
        setUp(cluster)
        try await cluster.run { url in
            let access = try ClusterAccess(server: url, identity: .none)
            let settings = try KubernetesSettings(access: access, namespace: "titan-cells")
            try await TemporaryControlPlane.with { temporary in
                try await temporary.withPlane(kubernetes: settings) { plane in
                    for number in 1...cells {
                        try await plane.put(
                            cell: "cell-\(number)", ["zone": "us-east-1a", "state": "active", "capacity": 1])
                    }
                    for version in ["v1", "v2", "v2-crashing", "v2-missing", "v2-unready"] {
                        try await plane.release(version)
                    }
                    try await body(KubernetesWorld(plane: plane, cluster: cluster, time: temporary.time))
                }
            }
        }
    }

    func roll(_ release: String, _ more: JSONObject = [:]) async throws -> RolloutID {
        var document: JSONObject = [
            "release": .string(release), "executor": "kubernetes",
            "strategy": ["waves": ["100%"], "bakeTime": "1s"],
        ]
        for (key, value) in more { document[key] = value }
        let request = try RolloutRequest(document: .object(document))
        let answer = try await plane.change { [plane] in
            try $0.createRollout(request, at: plane.rolloutTime)
        }
        let name = try JSONValue(parsing: answer.body)["id"]?.string
        return try #require(name.flatMap { RolloutID($0) })
    }

    var drive: DriveKubernetes {
        get throws { DriveKubernetes(controlPlane: plane, cluster: try #require(plane.cluster)) }
    }

    /// One look of the executor, and then two seconds in which the cluster goes on by `ticks`.
    func beat(ticks: Int = 2) async throws {
        _ = try await drive.step()
        _ = try await AdvanceRollouts(controlPlane: plane).step()
        cluster.tick(ticks)
        time.advance(.seconds(2))
    }

    /// Until it has ended, or stands still for a person.
    func run(_ id: RolloutID, ticks: Int = 2) async throws -> Rollout {
        for _ in 0..<400 {
            try await beat(ticks: ticks)
            let rollout = try rollout(id)
            if rollout.life.state.isDone || rollout.life.state == .paused { return rollout }
        }
        Issue.record("it does not end: \(try cells(id).map { "\($0.cell) \($0.state) \($0.message)" })")
        return try rollout(id)
    }

    func rollout(_ id: RolloutID) throws -> Rollout {
        try #require(try plane.store.read { try $0.rollout(id) })
    }

    func cells(_ id: RolloutID) throws -> [RolloutCell] {
        try #require(try plane.store.read { try $0.run(id) }).cells
    }

    func cell(_ id: RolloutID, _ name: String = "cell-1") throws -> RolloutCell {
        try #require(try cells(id).first { $0.cell.rawValue == name })
    }

    /// What the pods of a cell's container run, pod by pod.
    func running(_ name: String = "cell-1", _ container: String = "order") -> [String] {
        cluster.pods(of: name).map { pod in
            pod["spec"]?["containers"]?.array?.first { $0["name"]?.string == container }?["image"]?.string
                ?? "-"
        }
    }
}

extension ControlPlane {
    fileprivate func release(_ version: String) async throws {
        let name = try #require(ReleaseName(version))
        let document: JSONValue = ["images": ["order": .string("order:\(version)")]]
        try await change { try $0.putRelease(name, document) }
    }
}
