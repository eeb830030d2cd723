import Glibc
import HTTPClient
import JSON

/// Why a command did not do what it was asked for. The message is for people: what is wrong, and what to do.
enum CommandFailure: Error {
    /// The control plane said no.
    case problem(Problem)
    case unreachable(String)
    /// The command line, the environment or a file is wrong; nothing was sent.
    case usage(String)
    /// One of several things asked for is not there.
    case notFound(String)
    case timedOut(String)
    /// Not everything was done, and what failed is told already: by `partial`, or by what stopped all of it.
    case incomplete(String, Ending)
    /// It was waited for, and has not succeeded.
    case operation(Operation)
    case failed(String)

    var ending: Ending {
        switch self {
        case .problem(let problem): Ending(httpStatus: problem.status)
        case .unreachable: .unreachable
        case .usage: .usage
        case .notFound: .notFound
        case .timedOut: .timedOut
        case .incomplete(_, let ending): ending
        case .operation(let operation): operation.ending
        case .failed: .failure
        }
    }

    /// For people; a problem's is its detail alone.
    var message: String {
        switch self {
        case .problem(let problem): problem.document["detail"]?.string ?? problem.code
        case .unreachable(let message), .usage(let message), .notFound(let message), .timedOut(let message),
            .incomplete(let message, _), .failed(let message):
            message
        case .operation(let operation):
            "the \(operation.title) \(operation.state == "cancelled" ? "was cancelled" : operation.state): "
                + "\(operation.counts) (operation \(operation.id))"
        }
    }

    /// What to know and to do beside the message, a line each.
    var details: [String] {
        guard case .operation(let operation) = self else { return [] }
        return operation.complaints + operation.document.blockerLines + operation.document.nextStepLines
    }

    init(_ error: ClientError) {
        switch error {
        case .couldNotResolve, .couldNotConnect, .timedOut, .tls, .closed: self = .unreachable(error.message)
        case .badURL, .badField: self = .usage(error.message)
        case .refusedDestination, .tooLarge, .other: self = .failed(error.message)
        case .stopped(let inner): self = inner as? CommandFailure ?? .failed("\(inner)")
        }
    }

    /// A file or a pipe that can't be read or written.
    static func file(_ action: String, _ path: String, _ code: Int32) -> CommandFailure {
        .usage("can't \(action) \(path): \(String(cString: strerror(code)))")
    }
}
