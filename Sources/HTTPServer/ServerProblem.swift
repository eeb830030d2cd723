import HTTP

/// What the server refuses by itself, before any handler: a closed list.
///
/// libmicrohttpd answers a few before its handler is called, with a page of its own: a request line or a
/// field without form and a Content-Length that is no number (400), another major version (505), a head
/// larger than the connection's memory (414, 431). For a bad Content-Length it sends its answer's head twice.
public enum ServerProblem: Error, Equatable, Sendable {
    case malformedRequestLine
    case malformedTarget
    case malformedField
    case hostNotSingle
    case duplicateField(SingleField)
    case ambiguousFraming
    case clientCertificateRequired
    case lengthRequired
    case contentTooLarge(bytesMax: Int)
    case targetTooLong(bytesMax: Int)
    case unknownExpectation
    case tooManyFields(countMax: Int)
    case methodNotImplemented
    /// Head or body did not come in time: told by the reaper, where there is no TLS.
    case requestTimeout
    case tooManyWatches(countMax: Int)
    case versionNotSupported

    public var status: Status {
        switch self {
        case .malformedRequestLine, .malformedTarget, .malformedField, .hostNotSingle, .duplicateField,
            .ambiguousFraming:
            .badRequest
        case .clientCertificateRequired: .forbidden
        case .lengthRequired: .lengthRequired
        case .contentTooLarge: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .unknownExpectation: .expectationFailed
        case .tooManyFields: .headerFieldsTooLarge
        case .methodNotImplemented: .notImplemented
        case .requestTimeout: .requestTimeout
        case .tooManyWatches: .serviceUnavailable
        case .versionNotSupported: .versionNotSupported
        }
    }

    /// Part of the contract with clients.
    public var code: String {
        switch self {
        case .malformedRequestLine, .malformedTarget, .malformedField, .hostNotSingle, .duplicateField,
            .ambiguousFraming:
            "malformed_request"
        case .clientCertificateRequired: "client_certificate_required"
        case .lengthRequired: "length_required"
        case .contentTooLarge: "content_too_large"
        case .targetTooLong: "target_too_long"
        case .unknownExpectation: "expectation_failed"
        case .tooManyFields: "too_many_fields"
        case .methodNotImplemented: "method_not_implemented"
        case .requestTimeout: "request_timeout"
        case .tooManyWatches: "too_many_watches"
        case .versionNotSupported: "version_not_supported"
        }
    }

    public var title: String {
        switch status {
        case .badRequest: "Bad request"
        case .forbidden: "Forbidden"
        case .lengthRequired: "Length required"
        case .contentTooLarge: "Content too large"
        case .uriTooLong: "Target too long"
        case .expectationFailed: "Expectation failed"
        case .headerFieldsTooLarge: "Too many fields"
        case .notImplemented: "Method not implemented"
        case .requestTimeout: "Request timeout"
        case .serviceUnavailable: "Service unavailable"
        default: "Version not supported"
        }
    }

    /// Safe to show: never a byte of the request.
    public var detail: String {
        switch self {
        case .malformedRequestLine:
            "The request line is not a method, a target and a version with one space between."
        case .malformedTarget:
            "The target must be a path that starts with /, without dot segments, encoded slashes or control bytes."
        case .malformedField:
            "A field has a bad name, a control byte, a folded line, or a line end that is not CR LF."
        case .hostNotSingle: "A request has exactly one Host."
        case .duplicateField(let field): "The field \(field.name) may come only once."
        case .ambiguousFraming: "Content-Length and Transfer-Encoding exclude each other."
        case .clientCertificateRequired: "A valid client certificate is required."
        case .lengthRequired: "Send a Content-Length; transfer codings are not accepted."
        case .contentTooLarge(let bytesMax): "The body may have at most \(bytesMax) bytes."
        case .targetTooLong(let bytesMax): "The target may have at most \(bytesMax) bytes."
        case .unknownExpectation: "The only known expectation is 100-continue."
        case .tooManyFields(let countMax): "A request may have at most \(countMax) fields."
        case .methodNotImplemented: "The method is not implemented."
        case .requestTimeout: "The request did not arrive in time."
        case .tooManyWatches(let countMax): "At most \(countMax) long polls may wait at once."
        case .versionNotSupported: "Only HTTP/1.0 and HTTP/1.1 are supported."
        }
    }

    /// As RFC 9457 has it.
    public var response: Response {
        let json = """
            {"type":"about:blank","title":"\(title)","status":\(status.rawValue),"code":"\(code)","detail":"\(detail)"}
            """
        return Response(
            status, fields: [.contentType: "application/problem+json"], body: .bytes(Array(json.utf8)))
    }
}
