import JSON
import Kubernetes
import Testing

@Suite struct PodTests {
    private func pod(_ status: JSONValue, deleted: Bool = false) throws -> Pod {
        var metadata: JSONObject = ["name": "cell-1-10", "uid": "u", "resourceVersion": "1"]
        if deleted { metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        return try #require(Pod(["metadata": .object(metadata), "status": status]))
    }

    private func container(_ state: JSONValue, restarts: Int64 = 0) -> JSONValue {
        [
            "phase": "Pending",
            "containerStatuses": [
                ["name": "other", "restartCount": 0, "ready": true, "state": ["running": [:]]],
                ["name": "main", "restartCount": .integer(restarts), "ready": false, "state": state],
            ],
        ]
    }

    @Test("A pod that runs and is ready has no trouble")
    func ready() throws {
        let status: JSONValue = [
            "phase": "Running",
            "conditions": [
                ["type": "PodScheduled", "status": "True"], ["type": "Ready", "status": "True"],
            ],
        ]
        let pod = try pod(status)
        #expect(pod.isReady)
        #expect(pod.trouble == nil)
        #expect(pod.ordinal == 10)
    }

    @Test(
        "How bad a waiting container is depends on its reason, and on how often it has crashed",
        arguments: [
            ("ContainerCreating", 0, PodTrouble.Weight.waiting), ("PodInitializing", 0, .waiting),
            ("ErrImagePull", 0, .failing), ("ImagePullBackOff", 0, .failing),
            ("CreateContainerConfigError", 0, .failing), ("RunContainerError", 1, .failing),
            ("CrashLoopBackOff", 1, .failing), ("CrashLoopBackOff", 3, .final),
            ("InvalidImageName", 0, .final), ("ErrImageNeverPull", 0, .final),
        ] as [(String, Int64, PodTrouble.Weight)])
    func weights(reason: String, restarts: Int64, weight: PodTrouble.Weight) throws {
        let trouble = try #require(
            try pod(container(["waiting": ["reason": .string(reason)]], restarts: restarts)).trouble)
        #expect(trouble.weight == weight)
        #expect(trouble.reason == reason)
        #expect(trouble.container == "main")
        #expect(trouble.message.hasPrefix("container main of pod cell-1-10: \(reason)"))
    }

    @Test("A crash, an eviction, a place that is not to be had and a leave each have their words")
    func words() throws {
        func message(_ status: JSONValue, deleted: Bool = false) throws -> String {
            try #require(try pod(status, deleted: deleted).trouble).message
        }
        #expect(
            try message(container(["terminated": ["exitCode": 137, "reason": "OOMKilled"]]))
                == "container main of pod cell-1-10: OOMKilled with exit code 137")
        #expect(
            try message(["phase": "Failed", "reason": "Evicted", "message": "low on memory"])
                == "pod cell-1-10: Evicted: low on memory")
        #expect(
            try message([
                "phase": "Pending",
                "conditions": [["type": "PodScheduled", "status": "False", "message": "0/3 nodes"]],
            ]) == "pod cell-1-10: Unschedulable: 0/3 nodes")
        #expect(try message(["phase": "Running"]) == "pod cell-1-10 runs and is not ready")
        #expect(try message([:]) == "pod cell-1-10 is not running yet")
        #expect(try message([:], deleted: true) == "pod cell-1-10 is being deleted")
    }

    @Test("An init container that fails counts, and one that has done its work does not")
    func initContainers() throws {
        func pod(exitCode: Int64) throws -> Pod {
            try self.pod([
                "phase": "Pending",
                "initContainerStatuses": [
                    [
                        "name": "migrate", "restartCount": 0,
                        "state": ["terminated": ["exitCode": .integer(exitCode), "reason": "Error"]],
                    ]
                ],
            ])
        }
        #expect(try pod(exitCode: 0).trouble?.weight == .waiting)
        #expect(try pod(exitCode: 2).trouble?.weight == .failing)
        #expect(try pod(exitCode: 2).trouble?.container == "migrate")
    }
}
