/// How a command ends, as the exit code says it. Scripts rely on these numbers: they are in `--help` and
/// `docs/cellctl.md`, and never change.
enum Ending: Int32, CaseIterable {
    case success = 0
    case failure = 1
    case usage = 2
    case notFound = 3
    case conflict = 4
    case notAuthorised = 5
    case unreachable = 6
    case timedOut = 7
    case partial = 8
    case serverFailed = 9
    case operationFailed = 10
    case operationCancelled = 11
    case doesNotFit = 12
    case waitsForPerson = 13
    case notCovered = 14

    /// - Parameter status: an HTTP status of 400 or more.
    init(httpStatus status: Int) {
        switch status {
        case 401, 403: self = .notAuthorised
        case 404: self = .notFound
        case 409, 412, 422: self = .conflict
        case 500...: self = .serverFailed
        default: self = .failure
        }
    }

    var meaning: String {
        switch self {
        case .success: "done"
        case .failure: "any other failure"
        case .usage: "the command line or a file is wrong"
        case .notFound: "not found (404)"
        case .conflict: "a conflict, or a precondition that failed (409, 412, 422)"
        case .notAuthorised: "not authorised (401, 403)"
        case .unreachable: "the control plane can't be reached"
        case .timedOut: "timed out while waiting (--wait)"
        case .partial: "done in part: an import with failed lines, an apply with failed changes"
        case .serverFailed: "the control plane failed (5xx)"
        case .operationFailed:
            "the operation, rollout or restore that was waited for failed, or was rolled back"
        case .operationCancelled: "the operation or rollout that was waited for was cancelled, or aborted"
        case .doesNotFit: "the loss of a zone does not fit into the others (capacity --check)"
        case .waitsForPerson: "the rollout that was waited for is paused, or awaits approval"
        case .notCovered:
            "something has no good backup, or none that keeps its promise (backups coverage --check)"
        }
    }

    /// The process dies of the signal, which a shell tells as 130.
    static let interrupted = "interrupted (Ctrl-C); an operation that was waited for goes on"

    static var help: String {
        let lines = allCases.map { ending in
            "  \(ending.rawValue)\(ending.rawValue < 10 ? " " : "")   \(ending.meaning)"
        }
        return (["EXIT CODES:"] + lines + ["  130  \(interrupted)"]).joined(separator: "\n")
    }
}
