import JSON
import Kubernetes
import Registry

/// Takes one cell to the images that its claim is about, by the Kubernetes API, one idempotent step at a time.
///
/// read → record what it ran → patch → wait until that generation is rolled out and ready → outcome. Nothing is kept
/// between steps: each reads how far the cell is, so that a process that dies anywhere is taken up by the next step of
/// the next process. The images go in with a mark (`RolloutMark`) and the version that was read, in one patch: it takes
/// place once, or not at all, or is found done.
struct KubernetesExecutor: Sendable {
    struct Job: Sendable {
        var rollout: RolloutID
        var work: ClaimedWork
        var place: CellPlace

        var mark: RolloutMark { RolloutMark(rollout, work.claim.token) }
        /// Service to image, without those of which nobody knows what they ran: they were never changed.
        var images: [String: String] { work.target.services.compactMapValues(\.image) }
    }

    enum Outcome: Sendable, Equatable {
        /// Before anything is changed: these are to be kept, and then the step taken again with them.
        case record([String: String])
        case working(String)
        /// Pods of the new template fail, which may pass. By their names.
        case troubled(pods: Set<String>, String)
        case ready(String)
        case failed(String)
        /// The API server gave no answer about the cell, which may pass.
        case silent(String, retryAfter: Duration?)
        /// The API server does not let this server see the cell.
        case refused(String)
    }

    let client: ClusterClient

    /// Blocks its thread for some calls of the API.
    ///
    /// - Parameter recorded: what was kept of an outcome `record`.
    func step(_ job: Job, recorded: [String: String]? = nil) -> Outcome {
        do throws(KubernetesError) {
            let sets = try read(job.place)
            if let objection = objection(job, sets) { return .failed(objection) }
            if job.work.action == .update,
                !sets.contains(where: { RolloutMark(of: $0)?.rollout == job.rollout })
            {
                let images = images(job, sets)
                if images != recorded { return .record(images) }
            }
            for set in sets {
                if let outcome = try bring(set, job) { return outcome }
            }
            return .ready(sets.map(\.progress).joined(separator: "; "))
        } catch {
            return Self.outcome(of: error)
        }
    }

    func read(_ place: CellPlace) throws(KubernetesError) -> [StatefulSet] {
        var sets: [StatefulSet] = []
        for name in place.sets {
            let object: JSONValue
            do throws(KubernetesError) {
                object = try client.get(name, in: .statefulSets(in: place.namespace))
            } catch .notFound {
                throw .notFound("There is no StatefulSet \(place.namespace)/\(name).")
            }
            guard let set = StatefulSet(object) else {
                throw .unavailable("The API server sent no StatefulSet.", retryAfter: nil)
            }
            sets.append(set)
        }
        return sets
    }

    /// Why nothing must be changed.
    private func objection(_ job: Job, _ sets: [StatefulSet]) -> String? {
        for set in sets {
            guard let mark = RolloutMark(of: set), mark.rollout == job.rollout, mark.token > job.mark.token
            else { continue }
            return
                "a later claim of this rollout, \(mark.token), has changed \(set.name); if the registry was restored from a backup, remove its annotation \(RolloutMark.key)"
        }
        for service in job.images.keys.sorted() {
            let found = sets.flatMap { set in set.containers.filter { $0.name == service }.map(\.image) }
            if found.isEmpty {
                let all = sets.flatMap(\.containers).map(\.name).joined(separator: ", ")
                return
                    "no container is named '\(service)' in \(job.place.sets.joined(separator: ", ")): \(all)"
            }
            let isNew = !sets.contains { RolloutMark(of: $0)?.rollout == job.rollout }
            if job.work.action == .update, isNew, Set(found).count > 1 {
                return
                    "'\(service)' runs several images in \(job.place.sets.joined(separator: ", ")): there is no one to go back to"
            }
        }
        return nil
    }

    /// What the services run, as their StatefulSets say.
    private func images(_ job: Job, _ sets: [StatefulSet]) -> [String: String] {
        let containers = sets.flatMap(\.containers).filter { job.images[$0.name] != nil }
        return Dictionary(containers.map { ($0.name, $0.image) }, uniquingKeysWith: { first, _ in first })
    }

    /// Nil where it is there.
    private func bring(_ found: StatefulSet, _ job: Job) throws(KubernetesError) -> Outcome? {
        var set = found
        let mark = RolloutMark(of: set)
        let differing = set.containers.filter { container in
            job.images[container.name].map { $0 != container.image } ?? false
        }
        if job.work.action == .rollback, differing.isEmpty, mark?.rollout != job.rollout {
            // It was never changed: what it runs, and how, is no matter of this rollout's.
            return nil
        }
        if mark == job.mark, let one = differing.first {
            let by = set.imageManagers[one.name].map { " by \($0)" } ?? ""
            return .failed(
                "the image of \(one.name) in \(set.name) was set to \(one.image)\(by), after the rollout had set it"
            )
        }
        if mark != job.mark {
            if !differing.isEmpty, let hold = set.hold { return .failed(hold) }
            switch try patch(set, differing, job) {
            case .success(let patched): set = patched
            case .failure(let refusal): return refusal.outcome
            }
        }
        switch set.rolloutStatus {
        case .done: return nil
        case .held(let why): return .failed(why)
        case .unseen: return .working("\(set.name): its controller has not seen the change yet")
        case .rolling: return try look(at: set, job)
        }
    }

    private struct Refusal: Error { let outcome: Outcome }

    private func patch(
        _ set: StatefulSet, _ differing: [StatefulSet.Container], _ job: Job
    ) throws(KubernetesError) -> Result<StatefulSet, Refusal> {
        var patch: JSONObject = [
            "metadata": [
                "resourceVersion": .string(set.resourceVersion),
                "annotations": [RolloutMark.key: .string(job.mark.description)],
            ]
        ]
        if !differing.isEmpty {
            let containers = differing.map { container -> JSONValue in
                ["name": .string(container.name), "image": .string(job.images[container.name] ?? "")]
            }
            patch["spec"] = ["template": ["spec": ["containers": .array(containers)]]]
        }
        do throws(KubernetesError) {
            let object = try client.patch(
                set.name, in: .statefulSets(in: set.namespace), .object(patch))
            guard let patched = StatefulSet(object) else {
                throw .unavailable("The API server sent no StatefulSet.", retryAfter: nil)
            }
            return .success(patched)
        } catch {
            // A policy of the cluster has its say about what is asked for; so a refusal here is of the change.
            switch error {
            case .forbidden(let message), .invalid(let message):
                return .failure(Refusal(outcome: .failed(message)))
            case .unauthorized, .notFound, .conflict, .gone, .tooManyRequests, .unavailable, .unreachable:
                throw error
            }
        }
    }

    /// A set on its way: what keeps it, and what must be put out of the way.
    private func look(at set: StatefulSet, _ job: Job) throws(KubernetesError) -> Outcome {
        let listed = try client.list(.pods(in: set.namespace), labels: set.podSelector).items
        let pods = set.pods(of: listed.compactMap { Pod($0) })
        let stuck = set.stuckPods(among: pods).first { pod in
            // On the way back anything that is not ready is of what is taken back. On the way there a pod of the old
            // template may be about to become ready by itself.
            job.work.action == .rollback || (pod.trouble?.weight ?? .waiting) > .waiting
        }
        if let stuck {
            do throws(KubernetesError) {
                try client.delete(
                    stuck.name, in: .pods(in: set.namespace),
                    Preconditions(uid: stuck.uid, resourceVersion: stuck.resourceVersion))
            } catch .notFound {
                // It has gone by itself.
            }
            return .working(
                "deleted \(stuck.name), which the set waits for in vain: \(stuck.trouble?.message ?? "not ready")"
            )
        }
        let troubles = set.troubles(among: pods)
        guard let worst = troubles.first else { return .working(set.progress) }
        switch worst.weight {
        case .final: return .failed(worst.message)
        case .failing:
            let failing = troubles.filter { $0.weight == .failing }
            return .troubled(pods: Set(failing.map(\.pod)), worst.message)
        case .waiting: return .working("\(set.progress); \(worst.message)")
        }
    }

    private static func outcome(of error: KubernetesError) -> Outcome {
        switch error {
        case .conflict, .gone: .working("it was changed meanwhile, and is read again")
        case .notFound(let message), .invalid(let message): .failed(message)
        case .forbidden(let message): .refused(message)
        case .unauthorized(let message), .unreachable(let message): .silent(message, retryAfter: nil)
        case .tooManyRequests(let message, let time), .unavailable(let message, let time):
            .silent(message, retryAfter: time)
        }
    }
}
