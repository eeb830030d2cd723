import HTTP
import JSON
import Registry

/// Errors as clients see them: RFC 9457 problem details.
public enum Problem {
    /// The one place where a code becomes a status.
    static func status(of code: ErrorCode) -> Status {
        switch code {
        case .malformedRequest, .malformedJSON, .invalidArgument: .badRequest
        case .unauthenticated: .unauthorized
        case .permissionDenied: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notAcceptable: .notAcceptable
        case .requestTimeout: .requestTimeout
        case .stateConflict, .inUse, .hostTaken, .notPlaceable, .moveRequired, .revertConflict,
            .alreadyExists, .operationDone, .policyViolation, .insufficientCapacity, .idempotencyKeyInUse:
            .conflict
        case .revisionGone: .gone
        case .lengthRequired: .lengthRequired
        case .preconditionFailed, .planChanged: .preconditionFailed
        case .contentTooLarge: .contentTooLarge
        case .uriTooLong: .uriTooLong
        case .unsupportedMediaType: .unsupportedMediaType
        case .expectationFailed: .expectationFailed
        case .idempotencyKeyReused: .unprocessableContent
        case .tooManyRequests: .tooManyRequests
        case .headerFieldsTooLarge: .headerFieldsTooLarge
        case .internalError, .outcomeUnknown: .internalServerError
        case .notImplemented: .notImplemented
        case .overloaded, .stopping: .serviceUnavailable
        case .versionNotSupported: .versionNotSupported
        case .diskFull: .insufficientStorage
        }
    }

    /// A short title for people, the same for each code.
    static func title(of code: ErrorCode) -> String {
        switch code {
        case .malformedRequest: "The request is malformed"
        case .malformedJSON: "The body is not valid JSON"
        case .invalidArgument: "The request has a wrong value"
        case .unauthenticated: "A valid token is required"
        case .permissionDenied: "The token's role does not allow this"
        case .notFound: "There is no such thing"
        case .methodNotAllowed: "The method is not allowed here"
        case .notAcceptable: "No acceptable media type"
        case .requestTimeout: "The request took too long to arrive"
        case .stateConflict: "The current state does not allow this"
        case .inUse: "It is in use"
        case .hostTaken: "The host belongs to another tenant"
        case .notPlaceable: "No cell can take the tenant"
        case .moveRequired: "A tenant's cell is changed by a move"
        case .revertConflict: "Later changes stand on this one"
        case .alreadyExists: "It exists already"
        case .operationDone: "The operation has ended"
        case .policyViolation: "A safety rule forbids it"
        case .insufficientCapacity: "There is not room for every tenant"
        case .revisionGone: "The revision is too old"
        case .lengthRequired: "A Content-Length is required"
        case .preconditionFailed: "The precondition failed"
        case .planChanged: "The plan no longer holds"
        case .contentTooLarge: "The body is too large"
        case .uriTooLong: "The request target is too long"
        case .unsupportedMediaType: "The media type is not supported"
        case .expectationFailed: "The expectation can't be met"
        case .idempotencyKeyInUse: "A request with this idempotency key still runs"
        case .idempotencyKeyReused: "The idempotency key was used for another request"
        case .tooManyRequests: "Too many requests"
        case .headerFieldsTooLarge: "The header is too large"
        case .internalError: "The control plane failed"
        case .outcomeUnknown: "The outcome is unknown"
        case .notImplemented: "The method is not implemented"
        case .overloaded: "The control plane is overloaded"
        case .stopping: "The control plane is stopping"
        case .versionNotSupported: "The HTTP version is not supported"
        case .diskFull: "The disk is full"
        }
    }

    /// - Parameter requestID: what the answer calls the request; made where nobody has named it yet.
    public static func response(_ error: RegistryError, requestID: String = RequestID.next()) -> Response {
        var object: JSONObject = [
            "type": .string("https://titan.invalid/problems/\(error.code.rawValue)"),
            "title": .string(title(of: error.code)),
            "status": .integer(Int64(status(of: error.code).rawValue)),
            "detail": .string(error.detail),
            "code": .string(error.code.rawValue),
            "requestId": .string(requestID),
        ]
        if !error.errors.isEmpty {
            object["errors"] = .array(
                error.errors.map { ["field": .string($0.field), "message": .string($0.message)] })
        }
        if !error.blockers.isEmpty {
            object["blockers"] = .array(error.blockers.map(\.document))
        }
        if !error.nextSteps.isEmpty { object["nextSteps"] = .array(error.nextSteps.map { .string($0) }) }

        var response = Response(
            status(of: error.code),
            fields: [.contentType: "application/problem+json", .xRequestID: requestID],
            body: .bytes(JSONValue.object(object).encoded()))
        switch error.code {
        case .unauthenticated: response.fields[.wwwAuthenticate] = "Bearer realm=\"titan\""
        case .overloaded, .stopping, .tooManyRequests:
            response.fields[.retryAfter] = "\(Int.random(in: 1...3))"
        case .diskFull: response.fields[.retryAfter] = "\(Int.random(in: 5...15))"
        default: break
        }
        return response
    }
}
