import API
import HTTP
import HTTPServer
import Registry

/// What the server refuses before any operation is known, in the API's words: one form for all problems.
enum ServerProblems {
    static func response(to problem: ServerProblem) -> Response {
        Problem.response(RegistryError(code(of: problem), problem.detail))
    }

    private static func code(of problem: ServerProblem) -> ErrorCode {
        switch problem {
        case .malformedRequestLine, .malformedTarget, .malformedField, .hostNotSingle, .duplicateField,
            .ambiguousFraming:
            .malformedRequest
        case .clientCertificateRequired: .permissionDenied
        case .lengthRequired: .lengthRequired
        case .contentTooLarge: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .unknownExpectation: .expectationFailed
        case .tooManyFields: .headerFieldsTooLarge
        case .methodNotImplemented: .notImplemented
        case .requestTimeout: .requestTimeout
        case .tooManyWatches: .overloaded
        case .versionNotSupported: .versionNotSupported
        }
    }
}
