/// A request method this server knows (RFC 9110 §9). Any other token is answered 501 before it gets here.
public enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
    // Known so that they are answered 405 with `Allow`, as RFC 9110 §15.5.6 has it; nothing serves them.
    case trace = "TRACE"
    case query = "QUERY"

    /// True where RFC 9110 §9.2.1 promises that nothing is changed.
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace, .query: true
        case .put, .post, .patch, .delete: false
        }
    }
}
