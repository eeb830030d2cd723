import FakeKubernetes
import JSON
import Kubernetes

let sets = Resource.statefulSets(in: "titan-cells")
let pods = Resource.pods(in: "titan-cells")

func client(_ url: String, tokenFile: String? = nil) throws -> ClusterClient {
    ClusterClient(try ClusterAccess(server: url, identity: tokenFile.map { .tokenFile($0) } ?? .none))
}

let v1: [(String, String)] = [
    ("order-service", "titan/order-service:v1"), ("payment-service", "titan/payment-service:v1"),
]

/// A patch of an image, and of the version that it is made for.
func imagePatch(
    _ image: String, version: String? = nil, container: String = "order-service"
) -> JSONValue {
    [
        "metadata": version.map { ["resourceVersion": .string($0)] } ?? [:],
        "spec": [
            "template": ["spec": ["containers": [["name": .string(container), "image": .string(image)]]]]
        ],
    ]
}

extension FakeCluster {
    func set(_ name: String = "cell-1") -> StatefulSet? { statefulSet(name).flatMap { StatefulSet($0) } }
    func ownPods(_ name: String = "cell-1") -> [Pod] {
        set(name)?.pods(of: pods(of: name).compactMap { Pod($0) }) ?? []
    }
}
