import JSON

extension FakeCluster {
    /// The kubelets first, so that the controller of sets sees what they did.
    func step() {
        for path in objects.keys.sorted() where path.hasPrefix("/api/v1/") { runPod(path) }
        for path in objects.keys.sorted() where path.hasPrefix("/apis/apps/v1/") { runSet(path) }
    }

    func podPaths(ofSet name: String, in namespace: String) -> [String] {
        let uid = objects[Self.path(ofSet: name, in: namespace)]?["metadata"]?["uid"]
        return objects.keys.filter {
            $0.hasPrefix("/api/v1/namespaces/\(namespace)/pods/")
                && objects[$0]?["metadata"]?["ownerReferences"]?[0]?["uid"] == uid
        }.sorted()
    }

    // MARK: Kubelet

    private func runPod(_ path: String) {
        guard let pod = objects[path] else { return }
        if pod["metadata"]?["deletionTimestamp"] != nil { return remove(path) }
        let age = (Int(pod["metadata"]?["annotations"]?["age"]?.string ?? "0") ?? 0) + 1
        let images = (pod["spec"]?["containers"]?.array ?? []).map {
            ($0["name"]?.string ?? "", $0["image"]?.string ?? "")
        }
        let isWell = images.allSatisfy { !Self.isBad($0.1) } && age >= 2 && !unready.contains(path)
        let phase = age >= 2 && !images.contains { $0.1.hasSuffix("-missing") || $0.1.hasSuffix("-stalling") }
        let status: JSONValue = [
            "phase": phase ? "Running" : "Pending",
            "conditions": [["type": "Ready", "status": isWell ? "True" : "False"]],
            "containerStatuses": .array(
                images.map { Self.containerStatus($0.0, $0.1, age: age, restarts: restarts[path] ?? 0) }),
        ]
        guard status != pod["status"] else { return }
        let aged = pod.with("metadata", "annotations", ["age": .string("\(age)")])
        store(path, aged.with("status", status))
    }

    private static func isBad(_ image: String) -> Bool {
        ["-crashing", "-missing", "-unready", "-stalling"].contains { image.hasSuffix($0) }
    }

    private static func containerStatus(_ name: String, _ image: String, age: Int, restarts: Int64)
        -> JSONValue
    {
        var status: JSONObject = ["name": .string(name), "restartCount": .integer(restarts), "ready": false]
        func waits(_ reason: String, _ message: String? = nil) -> JSONValue {
            var waiting: JSONObject = ["reason": .string(reason)]
            if let message { waiting["message"] = .string(message) }
            return ["waiting": .object(waiting)]
        }
        if age < 2 || image.hasSuffix("-stalling") {
            status["state"] = waits("ContainerCreating")
        } else if image.hasSuffix("-crashing") {
            status["restartCount"] = .integer(Int64(min(age - 2, 2)))
            status["state"] = waits("CrashLoopBackOff", "back-off 10s restarting failed container")
            status["lastState"] = ["terminated": ["exitCode": 1, "reason": "Error"]]
        } else if image.hasSuffix("-missing") {
            status["state"] = waits(
                age % 2 == 0 || age > 5 ? "ImagePullBackOff" : "ErrImagePull",
                "Back-off pulling image \"\(image)\"")
        } else {
            status["ready"] = .bool(!image.hasSuffix("-unready"))
            status["state"] = ["running": ["startedAt": "2026-01-01T00:00:00Z"]]
        }
        return .object(status)
    }

    // MARK: The controller of StatefulSets

    private func runSet(_ path: String) {
        guard let set = objects[path], let spec = set["spec"], let template = spec["template"],
            let name = set["metadata"]?["name"]?.string, let namespace = set["metadata"]?["namespace"]?.string
        else { return }
        let update = revision(of: template, path, name)
        let told = set["status"]?["currentRevision"]?.string ?? ""
        let current = told.isEmpty ? update : told
        let replicas = Int(spec["replicas"]?.integer ?? 1)
        let isOrdered = spec["podManagementPolicy"]?.string != "Parallel"
        movePods(set, name, namespace, replicas, isOrdered: isOrdered, update: update, current: current)
        let pods = podPaths(ofSet: name, in: namespace).compactMap { objects[$0] }
        let after = status(set, pods, replicas, update: update, current: current)
        if after != set["status"] { store(path, set.with("status", after)) }
    }

    /// The same template has the same revision, whenever it comes back.
    private func revision(of template: JSONValue, _ path: String, _ name: String) -> String {
        var known = revisions[path] ?? []
        let index = known.firstIndex(of: template) ?? known.endIndex
        if index == known.endIndex { known.append(template) }
        revisions[path] = known
        return "\(name)-revision\(index + 1)"
    }

    /// One thing at a time: creates what is missing, waits for what is not ready where the order says so, else replaces
    /// the highest pod that is of an older revision.
    private func movePods(
        _ set: JSONValue, _ name: String, _ namespace: String, _ replicas: Int, isOrdered: Bool,
        update: String, current: String
    ) {
        for number in 0..<replicas {
            let path = Self.path(ofPod: "\(name)-\(number)", in: namespace)
            guard let pod = objects[path] else {
                create(path, "\(name)-\(number)", set, number, update: update, current: current)
                if isOrdered { return }
                continue
            }
            if isOrdered, !Self.isReady(pod) || pod["metadata"]?["deletionTimestamp"] != nil { return }
        }
        for path in podPaths(ofSet: name, in: namespace).reversed() {
            if Self.number(path) >= replicas { return mark(path) }
        }
        guard let partition = partition(set) else { return }
        for number in stride(from: replicas - 1, through: partition, by: -1) {
            let path = Self.path(ofPod: "\(name)-\(number)", in: namespace)
            guard let pod = objects[path] else { return }
            let isLeaving = pod["metadata"]?["deletionTimestamp"] != nil
            if pod["metadata"]?["labels"]?["controller-revision-hash"]?.string != update, !isLeaving {
                return mark(path)
            }
            if !Self.isReady(pod) || isLeaving { return }
        }
    }

    /// Nil: pods are replaced by hand.
    private func partition(_ set: JSONValue) -> Int? {
        let strategy = set["spec"]?["updateStrategy"]
        if strategy?["type"]?.string == "OnDelete" { return nil }
        return Int(strategy?["rollingUpdate"]?["partition"]?.integer ?? 0)
    }

    private func create(
        _ path: String, _ name: String, _ set: JSONValue, _ number: Int, update: String, current: String
    ) {
        let set = set
        let isOld = partition(set).map { number < $0 } ?? false
        let revision = isOld ? current : update
        let setPath = Self.path(
            ofSet: set["metadata"]?["name"]?.string ?? "", in: set["metadata"]?["namespace"]?.string ?? "")
        let index =
            (Int(revision.reversed().prefix { $0.isNumber }.reversed().map(String.init).joined()) ?? 1)
        let template = revisions[setPath]?[index - 1] ?? [:]
        let labels = (template["metadata"]?["labels"] ?? [:])
            .with("controller-revision-hash", .string(revision))
        store(
            path,
            [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": [
                    "name": .string(name), "namespace": set["metadata"]?["namespace"] ?? "",
                    "uid": .string(uid()), "labels": labels, "annotations": ["age": "0"],
                    "ownerReferences": [
                        [
                            "apiVersion": "apps/v1", "kind": "StatefulSet", "controller": true,
                            "name": set["metadata"]?["name"] ?? "", "uid": set["metadata"]?["uid"] ?? "",
                        ]
                    ],
                ], "spec": template["spec"] ?? [:], "status": ["phase": "Pending"],
            ])
    }

    func mark(_ path: String) {
        guard let pod = objects[path], pod["metadata"]?["deletionTimestamp"] == nil else { return }
        store(path, pod.with("metadata", "deletionTimestamp", "2026-01-01T00:00:30Z"))
    }

    private static func isReady(_ pod: JSONValue) -> Bool {
        pod["status"]?["phase"]?.string == "Running"
            && pod["status"]?["conditions"]?[0]?["status"]?.string == "True"
    }

    private static func number(_ path: String) -> Int {
        Int(path.reversed().prefix { $0.isNumber }.reversed().map(String.init).joined()) ?? 0
    }

    /// Counts of zero are left out, as the API does for all but `replicas`.
    private func status(
        _ set: JSONValue, _ pods: [JSONValue], _ replicas: Int, update: String, current: String
    ) -> JSONValue {
        func count(_ isCounted: (JSONValue) -> Bool) -> Int64? {
            let count = pods.count(where: isCounted)
            return count == 0 ? nil : Int64(count)
        }
        func of(_ revision: String) -> (JSONValue) -> Bool {
            {
                $0["metadata"]?["labels"]?["controller-revision-hash"]?.string == revision
                    && $0["metadata"]?["deletionTimestamp"] == nil
            }
        }
        let ready = count(Self.isReady)
        let updated = count(of(update))
        let isRolled =
            partition(set) != nil && updated == Int64(replicas) && ready == Int64(replicas)
            && pods.count == replicas
        var status: JSONObject = ["replicas": .integer(Int64(pods.count)), "collisionCount": 0]
        status["observedGeneration"] = set["metadata"]?["generation"]
        status["updateRevision"] = .string(update)
        status["currentRevision"] = .string(isRolled ? update : current)
        status["readyReplicas"] = ready.map { .integer($0) }
        status["updatedReplicas"] = updated.map { .integer($0) }
        status["currentReplicas"] = count(of(isRolled ? update : current)).map { .integer($0) }
        status["availableReplicas"] = ready.map { .integer($0) }
        return .object(status)
    }
}
