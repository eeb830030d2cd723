import JSON

/// Velero's lists, cut into requests that the API takes, and what it answers put together again.
enum VeleroBatches {
    /// In the order in which they refer to each other.
    static let kinds = ["schedules", "backups", "restores"]
    /// The API takes 256 KiB.
    static let bytesMax = 200 << 10

    /// The objects of a list, each with its kind; those of nested lists too.
    static func items(of document: JSONValue) -> [JSONValue] {
        guard case .object(let object) = document, let items = object["items"]?.array else {
            return [slim(document)]
        }
        let kind = object["kind"]?.string.flatMap {
            $0.hasSuffix("List") && $0 != "List" ? String($0.dropLast(4)) : nil
        }
        return items.flatMap { item -> [JSONValue] in
            guard case .object(var object) = item else { return [item] }
            if object["kind"] == nil, let kind { object["kind"] = .string(kind) }
            return self.items(of: .object(object))
        }
    }

    /// Without what the API server keeps for itself, which is often the larger part.
    private static func slim(_ document: JSONValue) -> JSONValue {
        guard case .object(var object) = document, case .object(var metadata)? = object["metadata"] else {
            return document
        }
        metadata["managedFields"] = nil
        object["metadata"] = .object(metadata)
        return .object(object)
    }

    /// At least one item a batch, and as many as fit.
    static func cut(_ items: [JSONValue]) -> [[JSONValue]] {
        var batches: [[JSONValue]] = []
        var bytes = bytesMax
        for item in items {
            let size = item.encoded().count + 1
            if bytes + size > bytesMax {
                batches.append([])
                bytes = 0
            }
            batches[batches.count - 1].append(item)
            bytes += size
        }
        return batches
    }

    static func sum(_ total: JSONValue?, _ more: JSONValue?) -> JSONValue {
        var counts = total?.object ?? [:]
        for (name, value) in more?.object ?? [:] {
            counts[name] = .integer((counts[name]?.integer ?? 0) + (value.integer ?? 0))
        }
        return .object(counts)
    }

    /// A failure counts from the start of what was given, not of its batch.
    static func moved(_ failure: JSONValue, by sent: Int) -> JSONValue {
        guard case .object(var object) = failure, let index = object["index"]?.integer else { return failure }
        object["index"] = .integer(index + Int64(sent))
        return .object(object)
    }

    /// `item 3, Backup by-hand: metadata.uid is required`.
    static func line(_ failure: JSONValue) -> String {
        let name = [failure["kind"]?.string, failure["name"]?.string].compactMap(\.self).joined(
            separator: " ")
        let errors = (failure["errors"]?.array ?? []).map {
            [$0["field"]?.string, $0["message"]?.string].compactMap { $0?.isEmpty == false ? $0 : nil }
                .joined(separator: " ")
        }
        let place = "item \(failure["index"]?.integer ?? 0)" + (name.isEmpty ? "" : ", \(name)")
        return "\(place): \(errors.joined(separator: "; "))".printable
    }
}
