import JSON

/// What `apply` would do: made from what shall be and what is, by nothing else.
///
/// A document is the whole of what is wanted: a field that it leaves out goes back to its default, except those that
/// a PUT keeps (`ManifestKind.keptFields`).
struct ApplyPlan {
    struct Step {
        let key: ResourceKey
        var effect: Effect
        /// What is sent; nil for a deletion.
        let document: JSONValue?
        /// The revision that the plan was made from; nil where the resource is not there.
        let revision: Int64?
    }

    private(set) var steps: [Step] = []
    private(set) var unchanged: [ResourceKey] = []
    /// How many resources carry the set's label now.
    private(set) var setCount = 0

    /// - Parameters:
    ///   - current: what is, of the resources that the manifests name and of those in the set.
    ///   - pruning: the set of which everything is deleted that no manifest describes.
    init(_ manifests: [Manifest], current: [ResourceKey: JSONValue], pruning set: String?) {
        for manifest in manifests { add(manifest, current[manifest.key]) }
        if let set {
            let members = current.filter { $0.value["labels"]?[Manifest.setLabel]?.string == set }
            setCount = members.count
            let wanted = Set(manifests.map(\.key))
            for (key, resource) in members.sorted(by: { $0.key.id < $1.key.id }) where !wanted.contains(key) {
                add(
                    .delete, key, before: Self.compared(resource, of: key.kind), nil,
                    resource["revision"]?.integer)
            }
        }
        // Cells before the tenants that go to them; tenants away before others take their hosts and room.
        steps = steps.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(
            \.element)
    }

    private mutating func add(_ manifest: Manifest, _ current: JSONValue?) {
        let kind = manifest.key.kind
        var wanted = manifest.document.object ?? [:]
        for field in kind.keptFields where wanted[field] == nil { wanted[field] = current?[field] }
        if wanted["region"] == nil, wanted["zone"] == current?["zone"] {
            wanted["region"] = current?["region"]
        }
        let before = current.map { Self.compared($0, of: kind) }
        let after = Self.compared(.object(wanted), of: kind)
        if let before, Diff.changes(from: before, to: after).isEmpty {
            unchanged.append(manifest.key)
        } else {
            let action = current == nil ? Effect.Action.create : .update
            add(
                action, manifest.key, before: before, manifest.document, current?["revision"]?.integer,
                after: after)
        }
    }

    private mutating func add(
        _ action: Effect.Action, _ key: ResourceKey, before: JSONValue?, _ document: JSONValue?,
        _ revision: Int64?,
        after: JSONValue? = nil
    ) {
        let effect = Effect(
            kind: key.kind.noun.name, id: key.id, action: action, before: before, after: after)
        steps.append(Step(key: key, effect: effect, document: document, revision: revision))
    }

    /// The part of a resource that a document describes, the usual values filled in and empty parts left out.
    private static func compared(_ resource: JSONValue, of kind: ManifestKind) -> JSONValue {
        guard case .object(var object) = resource else { return resource }
        for field in kind.ignoredFields + Diff.bookkeeping { object[field] = nil }
        for (field, value) in kind.defaults where object[field] == nil { object[field] = value }
        for (field, value) in object where value == .object([:]) || value == .array([]) {
            object[field] = nil
        }
        return .object(object)
    }

    /// Puts what the server said that a step would do in place of what was reckoned here; a step that would do nothing
    /// is none. (Host names are normalised there, and the region taken from the zone.)
    mutating func refine(_ key: ResourceKey, with effects: [Effect]) {
        guard let index = steps.firstIndex(where: { $0.key == key }) else { return }
        let effect = effects.first { $0.kind == key.kind.noun.name && $0.id == key.id }
        if let effect,
            effect.action != .update || !Diff.changes(from: effect.before, to: effect.after).isEmpty
        {
            steps[index].effect = effect
        } else {
            steps.remove(at: index)
            unchanged.append(key)
        }
    }

    func count(_ action: Effect.Action) -> Int { steps.count { $0.effect.action == action } }

    /// `plan: 1 to create, 2 to update, 0 to delete, 3 unchanged`
    var summary: String {
        "plan: \(count(.create)) to create, \(count(.update)) to update, \(count(.delete)) to delete, "
            + "\(unchanged.count) unchanged"
    }

    /// Why this many deletions are not done, or nil: a wrong file or folder must not empty the registry.
    func pruneObjection(max: Int?) -> String? {
        let deletions = count(.delete)
        if let max {
            return deletions > max ? "\(deletions) deletions are more than --prune-max \(max)" : nil
        }
        guard deletions * 2 > setCount else { return nil }
        return "\(deletions) deletions are more than half of the set's \(setCount) resources; "
            + "if that is meant, say --prune-max \(deletions)"
    }
}

extension ApplyPlan.Step {
    fileprivate var rank: Int {
        switch (key.kind, effect.action) {
        case (.cell, .create), (.cell, .update): 0
        case (.tenant, .delete): 1
        case (.tenant, .update): 2
        case (.tenant, .create): 3
        case (.cell, .delete): 4
        }
    }
}
