import HTTPClient
import JSON

/// Why the API server did not do what it was asked. Each message is for people and holds no secret.
public enum KubernetesError: Error, Sendable, Equatable {
    /// 401: the token is none, or over.
    case unauthorized(String)
    /// 403: outside of the Role, or refused by a policy of the cluster; anonymous calls too.
    case forbidden(String)
    /// 404.
    case notFound(String)
    /// 409: the object is another one by now than the call was made for. Read it again.
    case conflict(String)
    /// 410, as a status or inside of a watch: the version is too old. Read everything again.
    case gone(String)
    /// 400, 422 and the like: asking again would change nothing.
    case invalid(String)
    /// 429.
    case tooManyRequests(String, retryAfter: Duration?)
    /// 5xx: the API server has a trouble of its own, or what stands before it.
    case unavailable(String, retryAfter: Duration?)
    /// No whole answer: whether a write took effect is not known.
    case unreachable(String)

    public var message: String {
        switch self {
        case .unauthorized(let message), .forbidden(let message), .notFound(let message),
            .conflict(let message), .gone(let message), .invalid(let message),
            .tooManyRequests(let message, _),
            .unavailable(let message, _), .unreachable(let message):
            message
        }
    }

    /// It may pass by itself, and says nothing of what was asked for.
    public var isPassing: Bool {
        switch self {
        case .conflict, .gone, .tooManyRequests, .unavailable, .unreachable: true
        case .unauthorized, .forbidden, .notFound, .invalid: false
        }
    }

    /// How long the API server asks to be left alone.
    public var retryAfter: Duration? {
        switch self {
        case .tooManyRequests(_, let time), .unavailable(_, let time): time
        case .unauthorized, .forbidden, .notFound, .conflict, .gone, .invalid, .unreachable: nil
        }
    }
}

extension KubernetesError {
    init(_ error: ClientError) { self = .unreachable(error.message) }

    /// An answer that is no success: a `Status` object, or whatever a proxy before the API server writes.
    init(_ response: ClientResponse) {
        let status = try? JSONValue(parsing: response.body)
        let words = status?["message"]?.string ?? "it answered \(response.status)"
        self.init(
            code: response.status, message: "The API server says: \(words)",
            retryAfter: Self.retryAfter(response, status))
    }

    init(code: Int, message: String, retryAfter: Duration? = nil) {
        self =
            switch code {
            case 401: .unauthorized(message)
            case 403: .forbidden(message)
            case 404: .notFound(message)
            case 409: .conflict(message)
            case 410: .gone(message)
            case 429: .tooManyRequests(message, retryAfter: retryAfter)
            case 500...: .unavailable(message, retryAfter: retryAfter)
            default: .invalid(message)
            }
    }

    /// Both places have whole seconds; a minute is the longest that is heeded.
    private static func retryAfter(_ response: ClientResponse, _ status: JSONValue?) -> Duration? {
        let told =
            response[field: "Retry-After"].flatMap { Int64($0) }
            ?? status?["details"]?["retryAfterSeconds"]?.integer
        return told.map { .seconds(min(max($0, 0), 60)) }
    }
}

extension KubernetesError: CustomStringConvertible {
    public var description: String { message }
}
