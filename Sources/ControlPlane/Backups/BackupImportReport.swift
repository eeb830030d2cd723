import JSON
import Registry

/// What became of an import, kind by kind, with each item that was not taken.
struct BackupImportReport {
    private var counts: [String: [String: Int64]] = [:]
    private var failures: [JSONValue]

    init(_ unreadable: [VeleroImport.Failure]) { failures = unreadable.map(\.document) }

    mutating func add(_ kind: String, _ name: String, _ line: ImportedLine) {
        switch line {
        case .created: counts[kind, default: [:]]["created", default: 0] += 1
        case .updated: counts[kind, default: [:]]["updated", default: 0] += 1
        case .unchanged: counts[kind, default: [:]]["unchanged", default: 0] += 1
        case .failed(let error):
            let errors = error.errors.isEmpty ? [FieldError("", error.detail)] : error.errors
            failures.append([
                "kind": .string(kind), "name": .string(name),
                "errors": .array(
                    errors.map { ["field": .string($0.field), "message": .string($0.message)] }),
            ])
        }
    }

    var shown: JSONObject {
        let outcomes = ["created", "updated", "unchanged"]
        func count(_ kind: String) -> JSONValue {
            .object(JSONObject(uniqueMembers: outcomes.map { ($0, .integer(counts[kind]?[$0] ?? 0)) }))
        }
        var object = JSONObject(
            uniqueMembers: outcomes.map { outcome in
                (outcome, .integer(counts.values.reduce(0) { $0 + ($1[outcome] ?? 0) }))
            })
        object["failed"] = .integer(Int64(failures.count))
        object["schedules"] = count("Schedule")
        object["backups"] = count("Backup")
        object["restores"] = count("Restore")
        object["failures"] = .array(Array(failures.prefix(Limits.importFailuresShownMax)))
        return object
    }
}
