import Foundation
import JSON

extension FakeCluster {
    /// A cell as the deployment guide makes it, with all its pods running.
    ///
    /// - Parameter images: container to image, in their order.
    public func add(
        _ name: String, in namespace: String = "titan-cells", images: [(String, String)], replicas: Int64 = 3,
        podManagement: String = "OrderedReady",
        strategy: JSONValue = [
            "type": "RollingUpdate", "rollingUpdate": ["partition": 0],
        ], annotations: [String: String] = [:], minReadySeconds: Int64 = 0
    ) {
        locked {
            let number = String(name.reversed().prefix { $0.isNumber }.reversed())
            let labels: JSONValue = ["app": "cell", "cell-id": .string(number)]
            let containers = images.map { name, image -> JSONValue in
                ["name": .string(name), "image": .string(image), "env": [["name": "CELL_ID", "value": "1"]]]
            }
            let path = Self.path(ofSet: name, in: namespace)
            store(
                path,
                [
                    "apiVersion": "apps/v1", "kind": "StatefulSet",
                    "metadata": [
                        "name": .string(name), "namespace": .string(namespace), "uid": .string(uid()),
                        "generation": 1, "labels": labels,
                        "annotations": .object(
                            JSONObject(
                                uniqueMembers: annotations.sorted { $0.key < $1.key }.map {
                                    ($0.key, .string($0.value))
                                })),
                    ],
                    "spec": [
                        "replicas": .integer(replicas), "serviceName": .string(name),
                        "podManagementPolicy": .string(podManagement), "updateStrategy": strategy,
                        "minReadySeconds": .integer(minReadySeconds), "selector": ["matchLabels": labels],
                        "template": [
                            "metadata": ["labels": labels], "spec": ["containers": .array(containers)],
                        ],
                    ], "status": ["replicas": 0],
                ])
            for _ in 0..<Int(replicas) * 6 + 6 { step() }
        }
    }

    /// Somebody else sets an image.
    public func set(
        _ container: String, to image: String, of name: String, in namespace: String = "titan-cells",
        by manager: String
    ) {
        locked {
            let path = Self.path(ofSet: name, in: namespace)
            guard let old = objects[path] else { return }
            let patch: JSONValue = [
                "spec": [
                    "template": [
                        "spec": ["containers": [["name": .string(container), "image": .string(image)]]]
                    ]
                ]
            ]
            update(path, strategicallyMerged(old, patch), by: manager, patch)
        }
    }

    /// A merge patch to anything of a set: annotations, replicas, the update strategy.
    public func edit(_ name: String, in namespace: String = "titan-cells", _ patch: JSONValue) {
        locked {
            let path = Self.path(ofSet: name, in: namespace)
            if let old = objects[path] { update(path, old.applyingMergePatch(patch), by: "kubectl", patch) }
        }
    }

    /// Changes nothing but the version, as each write of a status does.
    public func touch(_ name: String, in namespace: String = "titan-cells") {
        locked {
            let path = Self.path(ofSet: name, in: namespace)
            if let object = objects[path] { store(path, object) }
        }
    }

    public func removeSet(_ name: String, in namespace: String = "titan-cells") {
        locked { remove(Self.path(ofSet: name, in: namespace)) }
    }

    func uid() -> String {
        uids += 1
        return "00000000-0000-4000-8000-\(String(uids + 1_000_000_000_000).dropFirst())"
    }

    func store(_ path: String, _ object: JSONValue) {
        version += 1
        let stored = object.with("metadata", "resourceVersion", .string("\(version)"))
        objects[path] = stored
    }

    func remove(_ path: String) {
        if objects.removeValue(forKey: path) != nil { version += 1 }
        restarts[path] = nil
        unready.remove(path)
    }

    func collection(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// A write by a client: its spec makes a generation, its images have a manager.
    func update(_ path: String, _ new: JSONValue, by manager: String, _ patch: JSONValue) {
        guard let old = objects[path] else { return }
        var new = new
        if new["spec"] != old["spec"] {
            let generation = (old["metadata"]?["generation"]?.integer ?? 0) + 1
            new = new.with("metadata", "generation", .integer(generation))
            let images = patch["spec"]?["template"]?["spec"]?["containers"]?.array ?? []
            if !images.isEmpty { new = managed(new, images.compactMap { $0["name"]?.string }, by: manager) }
        } else if new == old {
            return
        }
        store(path, new)
    }

    private func managed(_ object: JSONValue, _ containers: [String], by manager: String) -> JSONValue {
        let fields = JSONObject(
            uniqueMembers: containers.map { ("k:{\"name\":\"\($0)\"}", ["f:image": [:]]) })
        let entry: JSONValue = [
            "manager": .string(manager), "operation": "Update", "apiVersion": "apps/v1",
            "time": .string("2026-01-01T00:00:\(String(100 + version % 60).dropFirst())Z"),
            "fieldsType": "FieldsV1",
            "fieldsV1": ["f:spec": ["f:template": ["f:spec": ["f:containers": .object(fields)]]]],
        ]
        let others = (object["metadata"]?["managedFields"]?.array ?? []).filter {
            $0["manager"]?.string != manager
        }
        // A field that is set by force has one owner.
        return object.with("metadata", "managedFields", .array(others.map { without(fields, $0) } + [entry]))
    }

    private func without(_ fields: JSONObject, _ entry: JSONValue) -> JSONValue {
        var owned = entry["fieldsV1"]?["f:spec"]?["f:template"]?["f:spec"]?["f:containers"]?.object ?? [:]
        for key in fields.keys { owned[key] = nil }
        return entry.with(
            "fieldsV1", ["f:spec": ["f:template": ["f:spec": ["f:containers": .object(owned)]]]])
    }

    /// Containers by name, everything else as a merge patch.
    func strategicallyMerged(_ old: JSONValue, _ patch: JSONValue) -> JSONValue {
        let merged = old.applyingMergePatch(patch)
        guard let changes = patch["spec"]?["template"]?["spec"]?["containers"]?.array else { return merged }
        var containers = old["spec"]?["template"]?["spec"]?["containers"]?.array ?? []
        for change in changes {
            if let index = containers.firstIndex(where: { $0["name"] == change["name"] }) {
                containers[index] = containers[index].applyingMergePatch(change)
            } else {
                containers.append(change)
            }
        }
        return merged.applyingMergePatch(
            ["spec": ["template": ["spec": ["containers": .array(containers)]]]])
    }
}
