import JSON
import Registry

/// What became of one line of an import.
enum ImportedLine: Sendable, Equatable {
    case created
    case updated
    case unchanged
    case failed(RegistryError)
}

/// What became of an import, line by line where something is wrong.
public struct ImportReport: Sendable {
    public private(set) var created = 0
    public private(set) var updated = 0
    public private(set) var unchanged = 0
    public private(set) var failed = 0
    private var failures: [JSONValue] = []
    /// The registry's revision after the last line.
    public var revision = Revision.zero

    public init() {}

    public var total: Int { created + updated + unchanged + failed }

    mutating func add(_ result: ImportedLine, line: Int, id: String?) {
        switch result {
        case .created: created += 1
        case .updated: updated += 1
        case .unchanged: unchanged += 1
        case .failed(let error):
            failed += 1
            guard failures.count < Limits.importFailuresShownMax else { return }
            var failure: JSONObject = ["line": .integer(Int64(line))]
            if let id { failure["id"] = .string(id) }
            failure["code"] = .string(error.code.rawValue)
            failure["message"] = .string(error.detail)
            if !error.errors.isEmpty {
                failure["errors"] = .array(
                    error.errors.map { ["field": .string($0.field), "message": .string($0.message)] })
            }
            failures.append(.object(failure))
        }
    }

    public var shown: JSONObject {
        [
            "total": .integer(Int64(total)), "created": .integer(Int64(created)),
            "updated": .integer(Int64(updated)), "unchanged": .integer(Int64(unchanged)),
            "failed": .integer(Int64(failed)), "failures": .array(failures),
            "revision": .integer(revision.rawValue),
        ]
    }
}
