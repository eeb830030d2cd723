import JSON

/// A pod, as a rollout looks at it.
public struct Pod: Sendable, Equatable {
    public var name: String
    public var uid: String
    public var resourceVersion: String
    /// The controller that it belongs to.
    public var owner: String?
    /// Of its set's template: `controller-revision-hash`.
    public var revision: String
    public var isBeingDeleted: Bool
    /// It runs, and says that it is ready.
    public var isReady: Bool
    /// Why it is not ready; nil while it is.
    public var trouble: PodTrouble?
    /// How often its containers were started again, together.
    public var restarts: Int64

    /// Nil for anything else than a pod.
    public init?(_ object: JSONValue) {
        guard let metadata = object["metadata"], let name = metadata["name"]?.string,
            let uid = metadata["uid"]?.string, let resourceVersion = metadata["resourceVersion"]?.string
        else { return nil }
        self.name = name
        self.uid = uid
        self.resourceVersion = resourceVersion
        owner =
            (metadata["ownerReferences"]?.array ?? []).first { $0["controller"]?.bool == true }?["uid"]?
            .string
        revision = metadata["labels"]?["controller-revision-hash"]?.string ?? ""
        isBeingDeleted = metadata["deletionTimestamp"]?.string != nil
        let status = object["status"]
        restarts = (status?["containerStatuses"]?.array ?? [])
            .reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }
        let condition = status?["conditions"]?.array?.first { $0["type"]?.string == "Ready" }
        isReady = status?["phase"]?.string == "Running" && condition?["status"]?.string == "True"
        trouble = isReady ? nil : PodTrouble(pod: name, status, isBeingDeleted: isBeingDeleted)
    }

    /// The number at its name's end: pods of a set are changed from the highest down.
    public var ordinal: Int {
        Int(name.reversed().prefix { $0.isASCII && $0.isNumber }.reversed().map(String.init).joined()) ?? 0
    }
}

/// Why a pod is not ready, by name.
public struct PodTrouble: Sendable, Equatable {
    public enum Weight: Int, Sendable, Comparable {
        /// It takes time, and may take more.
        case waiting
        /// It may pass, for a restart or a registry that comes back; if it lasts, it won't.
        case failing
        /// Nothing but another template helps.
        case final

        public static func < (a: Weight, b: Weight) -> Bool { a.rawValue < b.rawValue }
    }

    public var pod: String
    /// Nil where it is the pod's, not a container's.
    public var container: String?
    /// As Kubernetes has it: `CrashLoopBackOff`, `ImagePullBackOff`.
    public var reason: String
    public var weight: Weight
    /// For people: with the pod, the container and what the kubelet says.
    public var message: String

    /// Crashes after which another start is no news.
    private static let crashesMax: Int64 = 3

    init(pod: String, _ status: JSONValue?, isBeingDeleted: Bool) {
        self.pod = pod
        let containers =
            (status?["initContainerStatuses"]?.array ?? [])
            + (status?["containerStatuses"]?.array ?? [])
        let worst = containers.compactMap(Self.state).max { $0.weight < $1.weight }
        if isBeingDeleted {
            (reason, weight) = ("Terminating", .waiting)
            message = "pod \(pod) is being deleted"
        } else if let worst, worst.weight > .waiting {
            (container, reason, weight) = (worst.container, worst.reason, worst.weight)
            message = "container \(worst.container) of pod \(pod): \(worst.words)"
        } else if status?["phase"]?.string == "Failed" {
            reason = status?["reason"]?.string ?? "Failed"
            weight = .failing
            message = "pod \(pod): \(reason)\(Self.said(status?["message"]))"
        } else if let condition = Self.unscheduled(status) {
            (reason, weight) = ("Unschedulable", .waiting)
            message = "pod \(pod): Unschedulable\(Self.said(condition["message"]))"
        } else if let worst {
            (container, reason, weight) = (worst.container, worst.reason, .waiting)
            message = "container \(worst.container) of pod \(pod): \(worst.words)"
        } else {
            (reason, weight) = (status?["phase"]?.string ?? "Pending", .waiting)
            message =
                reason == "Running" ? "pod \(pod) runs and is not ready" : "pod \(pod) is not running yet"
        }
    }

    private static func unscheduled(_ status: JSONValue?) -> JSONValue? {
        status?["conditions"]?.array?.first {
            $0["type"]?.string == "PodScheduled" && $0["status"]?.string == "False"
        }
    }

    /// Nil for a container that runs and is ready, and for an init container that has done its work.
    private static func state(
        _ status: JSONValue
    ) -> (container: String, reason: String, weight: Weight, words: String)? {
        let container = status["name"]?.string ?? "?"
        let restarts = status["restartCount"]?.integer ?? 0
        if let waiting = status["state"]?["waiting"] {
            let reason = waiting["reason"]?.string ?? "Waiting"
            let crash = status["lastState"]?["terminated"].map { ", \(end($0))" } ?? ""
            let times = restarts > 0 ? ", \(restarts) restarts" : ""
            return (
                container, reason, weight(of: reason, restarts),
                "\(reason)\(crash)\(times)\(said(waiting["message"]))"
            )
        }
        if let terminated = status["state"]?["terminated"] {
            if terminated["exitCode"]?.integer == 0 { return nil }
            let reason = terminated["reason"]?.string ?? "Error"
            return (
                container, reason, restarts >= crashesMax ? .final : .failing,
                end(terminated) + said(terminated["message"])
            )
        }
        guard status["ready"]?.bool == false, status["state"]?["running"] != nil else { return nil }
        return (container, "NotReady", .waiting, "runs and is not ready")
    }

    private static func weight(of reason: String, _ restarts: Int64) -> Weight {
        switch reason {
        case "InvalidImageName", "ErrImageNeverPull": .final
        case "CrashLoopBackOff": restarts >= crashesMax ? .final : .failing
        case "ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable",
            "SignatureValidationFailed", "CreateContainerConfigError", "CreateContainerError",
            "RunContainerError", "StartError", "PreCreateHookError", "PostStartHookError":
            .failing
        default: .waiting
        }
    }

    private static func end(_ terminated: JSONValue) -> String {
        let reason = terminated["reason"]?.string ?? "ended"
        return terminated["exitCode"]?.integer.map { "\(reason) with exit code \($0)" } ?? reason
    }

    private static func said(_ message: JSONValue?) -> String {
        guard let text = message?.string, !text.isEmpty else { return "" }
        return ": " + (text.count > 300 ? text.prefix(300) + "…" : text)
    }
}
