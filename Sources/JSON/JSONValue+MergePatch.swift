extension JSONValue {
    /// The value after a JSON Merge Patch (RFC 7396 §2): members of the patch replace, null removes.
    public func applyingMergePatch(_ patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        let target = object ?? [:]
        var result = JSONObject()
        for (key, value) in target {
            switch changes[key] {
            case nil: result[key] = value
            case .null?: continue
            case let change?: result[key] = value.applyingMergePatch(change)
            }
        }
        for (key, change) in changes where !change.isNull && target[key] == nil {
            result[key] = JSONValue.null.applyingMergePatch(change)
        }
        return .object(result)
    }

    /// The smallest merge patch that makes `target` of `source`.
    ///
    /// A member of `target` that is null can't be said by a merge patch (RFC 7396 §1): it comes out as removed.
    public static func mergePatch(from source: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let before) = source, case .object(let after) = target else { return target }
        var patch = JSONObject()
        for (key, _) in before where after[key] == nil { patch[key] = .null }
        for (key, value) in after {
            let old = before[key]
            if old != value { patch[key] = mergePatch(from: old ?? .null, to: value) }
        }
        return .object(patch)
    }
}
