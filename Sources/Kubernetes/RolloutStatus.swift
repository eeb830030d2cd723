/// Where a StatefulSet's own rollout is. The controller's words count for the generation that it has seen alone: right
/// after a change its status still tells of the template before.
public enum RolloutStatus: Sendable, Equatable {
    /// Every pod is of the template as it is now, and ready.
    case done
    /// The controller has not seen the latest change yet.
    case unseen
    case rolling
    /// It will not end by itself, whatever the pods do.
    case held(String)
}

extension StatefulSet {
    public var rolloutStatus: RolloutStatus {
        if isBeingDeleted { return .held("\(name) is being deleted") }
        if let hold { return .held(hold) }
        guard status.observedGeneration >= generation else { return .unseen }
        let isWhole =
            status.updateRevision == status.currentRevision && !status.updateRevision.isEmpty
            && status.replicas == replicas && status.updated == replicas && status.ready == replicas
            && (minReadySeconds == 0 || status.available == replicas)
        return isWhole ? .done : .rolling
    }

    /// Why its controller would not bring a new template to all of its pods, or would show nothing by it; nil where it
    /// would.
    public var hold: String? {
        switch updateStrategy {
        case .onDelete: return "\(name) has the update strategy OnDelete: its controller replaces no pod"
        case .rollingUpdate(let partition) where partition > 0:
            return "\(name) has the partition \(partition): pods below it are never changed"
        case .rollingUpdate: break
        }
        return replicas == 0 ? "\(name) is scaled to 0: there is no pod that could show anything" : nil
    }

    /// In figures, for people.
    public var progress: String {
        "\(name): \(status.updated) of \(replicas) updated, \(status.ready) ready"
    }

    /// Its own pods among these, the highest number first.
    public func pods(of all: [Pod]) -> [Pod] {
        all.filter { $0.owner == uid }.sorted { ($0.ordinal, $0.name) > ($1.ordinal, $1.name) }
    }

    /// The template of this pod is the newest that the controller has seen.
    public func isUpdated(_ pod: Pod) -> Bool { pod.revision == status.updateRevision }

    /// Pods that bar an ordered set's way: they are of an older template, not ready, and the controller waits for them
    /// to become ready before it replaces any. It would delete them itself if it came that far.
    ///
    /// - Parameter pods: the set's own.
    /// - Returns: none while the status is of an older generation, since then nothing is known of the template.
    public func stuckPods(among pods: [Pod]) -> [Pod] {
        guard podManagement == .orderedReady, rolloutStatus == .rolling else { return [] }
        return pods.filter { !isUpdated($0) && !$0.isReady && !$0.isBeingDeleted }
    }

    /// Why pods of the newest template are not ready, the worst first.
    public func troubles(among pods: [Pod]) -> [PodTrouble] {
        guard rolloutStatus == .rolling else { return [] }
        return pods.filter(isUpdated).compactMap(\.trouble).sorted { $0.weight > $1.weight }
    }
}
