import Kubernetes
import Registry

/// What the operator of this server has said of the cluster that its cells are in.
public struct KubernetesSettings: Sendable {
    public let access: ClusterAccess
    /// Where a cell's StatefulSets are, unless the cell says otherwise.
    public let namespace: String

    /// - Throws: `invalidArgument` for a namespace that is none.
    public init(access: ClusterAccess, namespace: String) throws(RegistryError) {
        guard Resource.isName(namespace) else {
            throw RegistryError(.invalidArgument, "'\(namespace)' is no Kubernetes namespace.")
        }
        self.access = access
        self.namespace = namespace
    }
}

/// The cluster of this server: made once, so that its calls share connections and one limit.
struct Cluster: Sendable {
    let namespace: String
    let executor: KubernetesExecutor
    let threads = CallThreads(max: Limits.kubernetesCallsMax)
    let ledger = KubernetesLedger()

    init(_ settings: KubernetesSettings) {
        namespace = settings.namespace
        executor = KubernetesExecutor(client: ClusterClient(settings.access))
    }
}

extension ControlPlane {
    /// Whether this server can carry the rollout out.
    ///
    /// - Throws: `stateConflict`, for another server might; with the setting that is missing.
    public func check(_ executor: Rollout.Executor) throws(RegistryError) {
        guard executor == .kubernetes, cluster == nil else { return }
        throw RegistryError(
            .stateConflict, "This server has no access to a Kubernetes cluster.",
            errors: [FieldError("executor", "can't be kubernetes: no API server is configured")],
            nextSteps: [
                "start the server with --kubernetes in-pod, or with --kubernetes URL",
                "or leave 'executor' out, and have scripts claim the cells",
            ])
    }
}
