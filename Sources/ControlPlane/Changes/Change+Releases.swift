import JSON
import Registry
import Store

extension Change {
    /// Adds a release, or replaces one that no rollout has used; its notes and labels may change at any time.
    public func putRelease(_ name: ReleaseName, _ document: JSONValue) throws -> Outcome {
        let old = try transaction.release(name)
        try check("release", name, at: old?.revision)
        let release = try Release(document: document, name: name)
        if let old {
            guard old.release != release else { return outcome(old, replacing: old) }
            try ReleaseRules.check(replacing: old, with: release)
        } else if try transaction.releaseCount() >= Limits.releasesMax {
            throw RegistryError(
                .inUse, "There are \(Limits.releasesMax) releases already, which is the limit.",
                nextSteps: ["delete some that no rollout used: DELETE /v1/releases/{release}"])
        }
        return outcome(try transaction.save(release, replacing: old), replacing: old)
    }

    public func deleteRelease(_ name: ReleaseName) throws -> Outcome {
        guard let old = try transaction.release(name) else { throw noRelease(name) }
        try check("release", name, at: old.revision)
        try ReleaseRules.check(deleting: old)
        try transaction.delete(old)
        return .deleted(name.rawValue, at: transaction.revision(), previous: old.revision)
    }

    func noRelease(_ name: ReleaseName) -> RegistryError {
        RegistryError(
            .notFound, "There is no release '\(name)'.",
            nextSteps: ["GET /v1/releases lists them", "PUT /v1/releases/\(name) makes it"])
    }

    private func outcome(_ release: ReleaseRecord, replacing old: ReleaseRecord?) -> Outcome {
        Outcome(
            created: old == nil, shown: release.shown, revision: release.revision,
            previous: old?.revision ?? .zero)
    }
}
