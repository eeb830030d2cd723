import Kubernetes

// A cell that was ready once may fall back while it bakes.
extension KubernetesExecutor {
    /// What is to be seen of a cell that bakes.
    enum Bake: Sendable, Equatable {
        /// Pods by their uids: their names, and how often their containers were started again.
        typealias Restarts = [String: PodRestarts]

        case ready(Restarts)
        case unready(String, Restarts)
        case failed(String)
        /// The API server gave no answer about the cell.
        case unseen(String)
    }

    struct PodRestarts: Sendable, Equatable {
        var pod: String
        var count: Int64
    }

    /// Changes nothing. Another service of the cell may be rolled out meanwhile, so the mark need not be this rollout's.
    func look(at job: Job) -> Bake {
        do throws(KubernetesError) {
            var restarts: Bake.Restarts = [:]
            var trouble: String?
            for set in try read(job.place) {
                if let one = set.containers.first(where: { container in
                    job.images[container.name].map { $0 != container.image } ?? false
                }) {
                    let by = set.imageManagers[one.name].map { " by \($0)" } ?? ""
                    return .failed("the image of \(one.name) in \(set.name) was set to \(one.image)\(by)")
                }
                let listed = try client.list(.pods(in: set.namespace), labels: set.podSelector).items
                let pods = set.pods(of: listed.compactMap { Pod($0) })
                for pod in pods { restarts[pod.uid] = PodRestarts(pod: pod.name, count: pod.restarts) }
                switch set.rolloutStatus {
                case .done: continue
                case .held(let why): trouble = trouble ?? why
                case .unseen, .rolling:
                    let worst = set.troubles(among: pods).first
                    if let worst, worst.weight == .final { return .failed(worst.message) }
                    trouble = trouble ?? worst?.message ?? set.progress
                }
            }
            return trouble.map { .unready($0, restarts) } ?? .ready(restarts)
        } catch {
            if case .notFound(let message) = error { return .failed(message) }
            return .unseen(error.message)
        }
    }
}
